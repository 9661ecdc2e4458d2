"""A configuration's affinity and tolerations, judged as Kubernetes judges those of a pod."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from labbuilder.errors import Finding, Path, Severity
from labbuilder.models.complaints import resolve
from labbuilder.models.kubernetes import affinity_data, toleration_data
from labbuilder.validation import rules, schemas

__all__ = ["check_scheduling"]

_KEPT = ("invalid-value", "invalid-name", "invalid-label-key", "invalid-label-value")
"""Codes that findings about any input have."""


def check_scheduling(section: Any, path: Path, version: str) -> list[Finding]:
    """Return the errors in where a configuration's lab section lets labs run.

    The section, which is at the path in the whole input, may be wrong in other ways, too.
    """
    try:
        found = list(_check(section, version))
    except RecursionError:  # for which the whole section has been refused
        return []
    return [
        replace(
            each,
            path=(*path, *resolve(section, each.path)),
            hint=each.hint or _hint(each),
            about_key=each.about_key or each.code == "unknown-field",
        )
        for each in found
    ]


def _check(section: Any, version: str) -> Iterator[Finding]:
    affinity = affinity_data(_field(section, "affinity"))
    if isinstance(affinity, dict):
        yield from _judge("affinity", affinity, (), version)
    tolerations = _field(section, "tolerations")
    for i, item in enumerate(tolerations if isinstance(tolerations, list | tuple) else ()):
        toleration = toleration_data(item)
        if isinstance(toleration, dict):
            yield from _judge("tolerations", [toleration], (i,), version)
            # Kubernetes takes an empty value; Nublado doesn't, and it is a slip.
            if toleration["operator"] == "Equal" and "value" not in toleration:
                hint = "set value, or use operator: Exists"
                at = ("tolerations", i, "value")
                yield Finding("invalid-toleration", "Equal needs a value", at, hint)


def _field(section: Any, name: str) -> Any:
    return section.get(name) if isinstance(section, Mapping) else getattr(section, name, None)


def _judge(field: str, value: Any, index: Path, version: str) -> Iterator[Finding]:
    """Judge a pod that has this field alone."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "lab"},
        "spec": {"containers": [{"name": "notebook", "image": "notebook"}], field: value},
    }
    for each in schemas.check(pod, version) or rules.check([pod], rules.Target(version))[0]:
        at = each.path[2 + len(index) :]
        about_field = each.path[:2] == ("spec", field) and each.severity is Severity.ERROR
        # A site may accept these seconds, which are an error of each lab otherwise.
        of_labs = each.code == "invalid-toleration" and at == ("tolerationSeconds",)
        if about_field and not of_labs:
            yield replace(each, code=_code(each), path=(field, *index, *at), object="")


def _code(finding: Finding) -> str:
    """Return the code that the same mistake has elsewhere in a configuration."""
    code = finding.code.removeprefix("schema-")
    if code != finding.code or code in _KEPT:
        return code
    if finding.path[-1] == "nodeSelectorTerms":
        return "empty-list"
    return "invalid-affinity" if finding.path[1] == "affinity" else "invalid-toleration"


def _hint(finding: Finding) -> str:
    if finding.code == "missing-field":
        return f"add {finding.path[-1]}"
    # The message says it all.
    if finding.code == "invalid-value":
        return ""
    return f"run kubectl explain pod.spec.{finding.path[0]} --recursive"
