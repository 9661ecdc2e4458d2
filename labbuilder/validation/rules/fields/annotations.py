"""Checks of the annotations of pods that an API server reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from labbuilder.errors import Path, shown
from labbuilder.manifest import CONTAINER_LISTS, containers
from labbuilder.validation.rules.combinators import INVALID_VALUE, MISSING_VALUE, placed
from labbuilder.validation.rules.fields.scheduling import toleration
from labbuilder.validation.rules.rule import Complaints, Object, Rule, checks

CONTRADICTING_ANNOTATION = Rule(
    "contradicting-annotation",
    "an annotation for AppArmor or seccomp says something else than the field that replaces it",
    "validateAppArmorAnnotationsAndFieldsMatchOnCreate, validateSeccompAnnotationsAndFields",
    guarded=False,
)
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP = "container.seccomp.security.alpha.kubernetes.io/"
_MIRROR = "kubernetes.io/config.mirror"
_TOLERATIONS = "scheduler.alpha.kubernetes.io/tolerations"
_COST = "controller.kubernetes.io/pod-deletion-cost"
_LOCAL = "localhost/"
_MAX_PROFILE = 4096  # characters of a name, with the one that ends it
_WORDS = {
    "RuntimeDefault": {"runtime/default"},
    "Unconfined": {"unconfined"},
}
"""What annotations say for a profile's type; Localhost has `_LOCAL` and the profile."""
_OLD_DEFAULT = "docker/default"  # of seccomp only
_TOLERATION_FIELDS = {
    "key": str, "operator": str, "value": str, "effect": str, "tolerationseconds": int,
}  # fmt: skip


@checks("Pod")
def _annotations(pod: Object) -> Complaints:
    found = pod["metadata"].get("annotations")
    if found:
        spec = pod.get("spec", {})
        for complaints in (
            _app_armor(found, spec),
            _seccomp(found, spec),
            _others(found, spec),
        ):
            yield from placed(complaints, ())


def _app_armor(annotations: Mapping[str, str], spec: Object) -> Complaints:
    own = {
        container["name"]: container.get("securityContext", {}).get("appArmorProfile")
        for _, container in containers(spec, (), CONTAINER_LISTS)
    }
    for key, value in annotations.items():
        if not key.startswith(_APP_ARMOR):
            continue
        at, name = _at(key), key.removeprefix(_APP_ARMOR)
        if name not in own:
            message = f"{shown(name)} is not a container of the pod"
            yield INVALID_VALUE.complaint(message, "name a container", at, about_key=True)
        known = {"", *_WORDS["RuntimeDefault"], *_WORDS["Unconfined"]}
        if value not in known and not value.startswith(_LOCAL):
            message = f"{shown(value)} is not an AppArmor profile"
            hint = "use runtime/default, unconfined, or localhost/ and the name of a profile"
            yield INVALID_VALUE.complaint(message, hint, at)
            continue
        general = spec.get("securityContext", {}).get("appArmorProfile")
        # An API server makes the container's field of an annotation that names a profile.
        local = value.removeprefix(_LOCAL)
        is_name = value == local or (local == local.strip() and 0 < len(local) < _MAX_PROFILE)
        if (not value or not is_name) and not own.get(name):
            own[name] = general
        if spec.get("os", {}).get("name") != "windows":
            yield from _contradiction(own.get(name), value, at)


def _seccomp(annotations: Mapping[str, str], spec: Object) -> Complaints:
    profiles = {
        f"{_SECCOMP}{container['name']}": container.get("securityContext", {}).get(
            "seccompProfile"
        )
        for _, container in containers(spec, (), CONTAINER_LISTS)
    }
    profiles[_SECCOMP_POD] = spec.get("securityContext", {}).get("seccompProfile")
    for key, value in annotations.items():
        if not key.startswith(_SECCOMP) and key != _SECCOMP_POD:
            continue
        path = value.removeprefix(_LOCAL)
        is_path = path != value and not path.startswith("/") and ".." not in path.split("/")
        known = {_OLD_DEFAULT, *_WORDS["RuntimeDefault"], *_WORDS["Unconfined"]}
        if value not in known and not is_path:
            message = f"{shown(value)} is not a seccomp profile"
            hint = (
                "use runtime/default, unconfined, or localhost/ and a relative path without `..`"
            )
            yield INVALID_VALUE.complaint(message, hint, _at(key))
        else:
            same = "runtime/default" if value == _OLD_DEFAULT else value
            yield from _contradiction(profiles.get(key), same, _at(key))


def _contradiction(profile: Object | None, annotation: str, at: Path) -> Complaints:
    if not profile:
        return
    kind = profile["type"]
    said = _WORDS.get(kind, {f"{_LOCAL}{profile.get('localhostProfile', '')}"})
    if kind in {"Localhost", *_WORDS} and annotation not in said:
        message = f"{shown(annotation)} contradicts the field, which says {shown(*said)}"
        yield CONTRADICTING_ANNOTATION.complaint(message, "remove the annotation", at)


def _others(annotations: Mapping[str, str], spec: Object) -> Complaints:
    if _MIRROR in annotations and not spec.get("nodeName"):
        message = "is only allowed with nodeName"
        hint = "remove it: only a kubelet makes pods with it"
        yield MISSING_VALUE.complaint(message, hint, _at(_MIRROR), about_key=True)
    cost = annotations.get(_COST)
    if cost is not None and not (
        re.fullmatch("0|-0|-?[1-9][0-9]{0,9}", cost) and -(2**31) <= int(cost) < 2**31
    ):
        message = f"{shown(cost)} is not a 32-bit integer"
        yield INVALID_VALUE.complaint(message, "use a whole number", _at(_COST))
    if annotations.get(_TOLERATIONS):
        at, hint = _at(_TOLERATIONS), "use the field tolerations"
        try:
            given = list(_tolerations(annotations[_TOLERATIONS]))
        except (ValueError, RecursionError):
            yield INVALID_VALUE.complaint("is not a JSON list of tolerations", hint, at)
            return
        for i, each in enumerate(given):
            for complaint in toleration(each):
                message = f"toleration {i}: {complaint.message}"
                yield complaint.rule.complaint(message, complaint.hint, at)


def _tolerations(text: str) -> Iterator[dict[str, Any]]:
    """Read tolerations as Go does: keys in any letters' case, unknown ones ignored."""
    read = json.loads(text)
    if read is not None and not isinstance(read, list):
        raise ValueError
    for item in read or ():
        if item is not None and not isinstance(item, dict):
            raise ValueError
        found = {}
        for key, value in (item or {}).items():
            kind = _TOLERATION_FIELDS.get(key.lower())
            if kind and value is not None:
                if type(value) is not kind:
                    raise ValueError
                name = "tolerationSeconds" if kind is int else key.lower()
                found[name] = value
        yield found


def _at(key: str) -> Path:
    return ("metadata", "annotations", key)
