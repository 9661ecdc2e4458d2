"""Where pods may run: Kubernetes' affinity and tolerations, field for field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from labbuilder.models.base import (
    DnsLabel,
    DnsSubdomain,
    LabelKey,
    LabelValue,
    Model,
    Problem,
    Text,
    not_empty,
    refuse,
    refused,
)

__all__ = ["Affinity", "Toleration"]


def _filled(value: Any) -> Any:
    return value or None


def _one(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(value) != 1:
        refused("invalid-affinity", "takes one value", "leave one")
    return value


T = TypeVar("T")
# An empty list and an absent one mean the same to Kubernetes wherever this is used.
Some = Annotated[tuple[T, ...] | None, AfterValidator(_filled)]
Labels = Annotated[dict[LabelKey, LabelValue] | None, AfterValidator(_filled)]
Weight = Annotated[int, Field(strict=True, ge=1, le=100)]


class _Requirement(Model):
    key: Text
    operator: str
    values: Some[Text] = None

    def _problems(self) -> Iterator[Problem]:
        wants = self.operator in {"In", "NotIn", "Gt", "Lt"}
        count = len(self.values or ())
        if wants and not count:
            yield Problem(
                "invalid-affinity",
                f"{self.operator} needs values",
                "list them under values",
                ("values",),
            )
        elif not wants and count:
            yield Problem(
                "invalid-affinity",
                f"{self.operator} takes no values",
                "leave values out",
                ("values",),
            )
        elif self.operator in {"Gt", "Lt"} and count != 1:
            yield Problem(
                "invalid-affinity", f"{self.operator} takes one value", "leave one", ("values",)
            )

    @model_validator(mode="after")
    def _values_fit(self) -> Self:
        refuse(self._problems())
        return self


class LabelSelectorRequirement(_Requirement):
    """A condition on one label of a pod.

    Attributes
    ----------
    key, operator, values
        The label, what it must be like, and what it is compared with.
    """

    key: LabelKey
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: Some[LabelValue] = None


class NodeSelectorRequirement(_Requirement):
    """A condition on one label or field of a node.

    Attributes
    ----------
    key, operator, values
        The label, what it must be like, and what it is compared with: one number for ``Gt``
        and ``Lt``.
    """

    key: LabelKey
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]


class NodeFieldSelectorRequirement(Model):
    """A condition on a node's name, the one field that Kubernetes selects nodes by.

    Attributes
    ----------
    key, operator, values
        ``metadata.name``, whether it must be the value or must not, and that value.
    """

    key: Literal["metadata.name"]
    operator: Literal["In", "NotIn"]
    values: Annotated[tuple[DnsSubdomain, ...], AfterValidator(_one)]


class LabelSelector(Model):
    """Which pods or namespaces; an empty one selects all.

    Attributes
    ----------
    match_labels, match_expressions
        Labels that they must have, and conditions that these must meet.
    """

    match_labels: Labels = None
    match_expressions: Some[LabelSelectorRequirement] = None


class NodeSelectorTerm(Model):
    """Which nodes.

    Attributes
    ----------
    match_expressions, match_fields
        Conditions that the node's labels and its name must meet.
    """

    match_expressions: Some[NodeSelectorRequirement] = None
    match_fields: Some[NodeFieldSelectorRequirement] = None


class NodeSelector(Model):
    """Which nodes: those that any of the terms selects.

    Attributes
    ----------
    node_selector_terms
        The terms.
    """

    node_selector_terms: Annotated[tuple[NodeSelectorTerm, ...], AfterValidator(not_empty)]


class PreferredSchedulingTerm(Model):
    """Which nodes are better, and by how much.

    Attributes
    ----------
    preference
        Which nodes.
    weight
        By how much, from 1 to 100.
    """

    preference: NodeSelectorTerm
    weight: Weight


class NodeAffinity(Model):
    """Nodes that the pod wants.

    Attributes
    ----------
    required_during_scheduling_ignored_during_execution
        Those on which alone it can be.
    preferred_during_scheduling_ignored_during_execution
        Those on which it had better be.
    """

    required_during_scheduling_ignored_during_execution: NodeSelector | None = None
    preferred_during_scheduling_ignored_during_execution: Some[PreferredSchedulingTerm] = None


class PodAffinityTerm(Model):
    """Pods that the pod wants to be near, or away from.

    Attributes
    ----------
    label_selector
        Which pods.
    match_label_keys, mismatch_label_keys
        Labels whose values must be the pod's own, or must not.
    namespace_selector, namespaces
        In which namespaces; in the pod's own where neither is given.
    topology_key
        The label of nodes by which they are near.
    """

    label_selector: LabelSelector | None = None
    match_label_keys: Some[LabelKey] = None
    mismatch_label_keys: Some[LabelKey] = None
    namespace_selector: LabelSelector | None = None
    namespaces: Some[DnsLabel] = None
    topology_key: LabelKey

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        refuse(self._problems())
        return self

    def _problems(self) -> Iterator[Problem]:
        selector = self.label_selector
        for name in ("match_label_keys", "mismatch_label_keys"):
            if getattr(self, name) and selector is None:
                message, hint = "goes with a labelSelector only", "give one, or leave it out"
                yield Problem("invalid-affinity", message, hint, (name,))
        required = [each.key for each in (selector and selector.match_expressions) or ()]
        known = {*((selector and selector.match_labels) or ()), *required}
        for i, key in enumerate(self.match_label_keys or ()):
            if key in known or key in (self.mismatch_label_keys or ()):
                message = "stands in labelSelector or mismatchLabelKeys as well"
                yield Problem("invalid-affinity", message, "leave one", ("match_label_keys", i))


class WeightedPodAffinityTerm(Model):
    """Such pods, and how much it matters.

    Attributes
    ----------
    pod_affinity_term
        Which pods.
    weight
        How much, from 1 to 100.
    """

    pod_affinity_term: PodAffinityTerm
    weight: Weight


class PodAffinity(Model):
    """Pods that the pod wants to be near; the same model says which to be away from.

    Attributes
    ----------
    required_during_scheduling_ignored_during_execution
        Pods without which it can't be somewhere.
    preferred_during_scheduling_ignored_during_execution
        Pods with which it had better be.
    """

    required_during_scheduling_ignored_during_execution: Some[PodAffinityTerm] = None
    preferred_during_scheduling_ignored_during_execution: Some[WeightedPodAffinityTerm] = None


class Affinity(Model):
    """Kubernetes' ``core/v1.Affinity``.

    Attributes
    ----------
    node_affinity
        Nodes that labs want.
    pod_affinity
        Pods that labs want to be near.
    pod_anti_affinity
        Pods that labs want to be away from.
    """

    node_affinity: NodeAffinity | None = None
    pod_affinity: PodAffinity | None = None
    pod_anti_affinity: PodAffinity | None = None


class Toleration(Model):
    """Kubernetes' ``core/v1.Toleration``: a taint that the pod bears.

    Attributes
    ----------
    effect
        What the taint does; any where it isn't given.
    key
        The taint's key.
    operator
        Whether the taint must have the value, or be there at all.
    value
        The taint's value.
    toleration_seconds
        How long the pod stays on a node that gets the taint.
    """

    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    key: LabelKey | None = None
    operator: Literal["Equal", "Exists"] = "Equal"
    toleration_seconds: Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)] | None = None
    value: LabelValue | None = None

    @model_validator(mode="after")
    def _operator_fits(self) -> Self:
        refuse(self._problems())
        return self

    def _problems(self) -> Iterator[Problem]:
        if self.operator == "Exists" and self.value:
            yield Problem(
                "invalid-toleration",
                "a toleration with operator Exists takes no value",
                "leave value out, or use operator: Equal",
                ("value",),
            )
        if self.operator == "Equal":
            for name in ("key", "value"):
                if getattr(self, name) is None:
                    yield Problem(
                        "invalid-toleration",
                        f"a toleration by Equal needs a {name}",
                        f"give {name}, or use operator: Exists",
                        (name,),
                    )
