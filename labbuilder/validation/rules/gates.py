"""Fields that a kube-apiserver drops, because the features that they need are off by default.

``schemas/gates.json`` lists them by version. A field that is dropped is a warning, and the rules
judge what is left.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache, partial
from typing import Any

from labbuilder.data import SCHEMAS
from labbuilder.errors import Path, Severity
from labbuilder.validation import schemas
from labbuilder.validation.rules.rule import Check, Complaint, Complaints, Rule, Stop
from labbuilder.validation.rules.walk import Node, plan, visit

__all__ = ["find_dropped", "without"]

OFF_BY_DEFAULT = Rule(
    "off-by-default",
    "a field needs a feature that this version switches off by default, so that the field is "
    "dropped without a word",
    "dropDisabledFields, by the defaults of the feature gates",
    Stop.NOBODY,
    Severity.WARNING,
    guarded=False,
    of_the_site=True,
)

_NEUTRAL: dict[str, Any] = {"PodSpec.hostUsers": True, "SecurityContext.procMount": "Default"}
"""Values that mean the same as no value."""


def find_dropped(manifest: Mapping[str, Any], version: str, kind: str) -> list[Complaint]:
    """Return a warning for each field that an API server of a version drops."""
    return [
        complaint
        for complaint in visit(_plan(version, kind), manifest)
        if not _is_sidecar(manifest, complaint.at)
    ]


def without(manifest: Mapping[str, Any], paths: Iterable[Path]) -> Mapping[str, Any]:
    """Return a manifest as it is when the fields at some paths are dropped."""
    copied = json.loads(json.dumps(manifest))
    for path in paths:
        value = copied
        for step in path[:-1]:
            value = value[step]
        del value[path[-1]]
        if path[-1] == "image" and path[-3] == "volumes":
            # In its place: the whole volume goes, whatever else it has, and what mounts it.
            for other in value.keys() - {"name"}:
                del value[other]
            value["emptyDir"] = {}
    return copied  # type: ignore[no-any-return]  # of JSON


def _is_sidecar(manifest: Mapping[str, Any], path: Path) -> bool:
    """Return whether this is the policy that makes a sidecar, which every version knows."""
    if path[:2] != ("spec", "initContainers") or path[-1] != "restartPolicy":
        return False
    return bool(manifest["spec"]["initContainers"][path[2]]["restartPolicy"] == "Always")


@cache
def _plan(version: str, kind: str) -> Node:
    gates: Mapping[str, str] = json.loads(SCHEMAS["gates.json"])["versions"][version]
    checks = {field: [_dropped(field, gate, version)] for field, gate in gates.items()}
    schema, types = schemas.definition(version, kind)
    return plan(kind.rpartition("/")[2], schema, types, checks, with_keys=False)


def _dropped(field: str, gate: str, version: str) -> Check:
    return partial(_complain, field, gate, version)


def _complain(field: str, gate: str, version: str, value: Any) -> Complaints:
    is_given = value or value is False or value == {}
    if not is_given or value == _NEUTRAL.get(field):
        return
    if isinstance(value, list):
        keys = {repr(each.get("name", each) if isinstance(each, dict) else each) for each in value}
        if len(keys) < len(value):
            return  # a list with duplicates is refused before anything is dropped
    message = (
        f"is dropped in Kubernetes {version}, unless its feature gate {gate} is on: it is off by "
        "default"
    )
    yield OFF_BY_DEFAULT.complaint(message, "remove it, or switch the feature on")
