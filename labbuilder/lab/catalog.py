"""The table of a lab's objects, in apply order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labbuilder.lab.facts import Facts

__all__ = ["CATALOG", "Entry"]

Variables = Mapping[str, Any]


def _once(_: Facts) -> Iterable[Variables]:
    return [{}]


@dataclass(frozen=True, slots=True)
class Entry:
    """An object of a lab, or several of one kind.

    Attributes
    ----------
    part
        The attribute of `labbuilder.lab.objects.LabObjects`.
    fragment
        The fragment from which it is rendered.
    each
        Lists the additional variables of each object; an empty list if the lab has none.
    many
        Whether the attribute is a list.
    """

    part: str
    fragment: str
    each: Callable[[Facts], Iterable[Variables]] = _once
    many: bool = False


def _secrets(facts: Facts) -> Iterable[Variables]:
    for secret in facts.secrets:
        yield {"name": secret.name, "type": secret.type, "data": secret.data}


def _claims(facts: Facts) -> Iterable[Variables]:
    return [{"claim": claim} for claim in facts.claims]


def _env_config_map(facts: Facts) -> Iterable[Variables]:
    yield {"name": facts.names.env_config_map, "data": facts.env}


def _config_maps(facts: Facts) -> Iterable[Variables]:
    yield {"name": facts.names.nss_config_map, "data": facts.nss}
    yield {"name": facts.names.files_config_map, "data": facts.files}


CATALOG = (
    Entry("namespace", "namespace"),
    Entry("quota", "resource-quota", lambda facts: [{}] if facts.quota else []),
    Entry("env_config_map", "config-map", _env_config_map),
    Entry("config_maps", "config-map", _config_maps, many=True),
    Entry("secrets", "secret", _secrets, many=True),
    Entry("pvcs", "persistent-volume-claim", _claims, many=True),
    Entry("network_policy", "network-policy"),
    Entry("service", "service"),
    Entry("pod", "pod"),
)
