"""Checks of references between a lab's objects, and between the parts of a pod."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from labbuilder.errors import Path, Severity, listed, shown
from labbuilder.manifest import namespace_of
from labbuilder.validation.rules.combinators import DUPLICATE
from labbuilder.validation.rules.lab.modes import volume_modes
from labbuilder.validation.rules.lab.places import file_paths, mounts
from labbuilder.validation.rules.lab.selection import network_policy, service
from labbuilder.validation.rules.lab.surroundings import Surroundings, pod_containers
from labbuilder.validation.rules.rule import Complaints, LabComplaints, Object, Rule, Stop
from labbuilder.validation.rules.target import Target

__all__ = ["judge_references"]

DUPLICATE_OBJECT = Rule(
    "duplicate-object",
    "two manifests have the same kind, name and namespace, so that one replaces the other",
    "the storage of kube-apiserver",
    Stop.NOBODY,
    guarded=False,
)
UNKNOWN_OBJECT = Rule(
    "unknown-object",
    "a pod refers to a ConfigMap, Secret or claim that is missing",
    "the volume manager, and makeEnvironmentVariables",
    Stop.KUBELET,
    guarded=False,
    about_absence=True,
)
MISSING_PULL_SECRET = Rule(
    "missing-pull-secret",
    "a pod refers to a pull secret that is missing",
    "GetPullSecretsForPod, which ignores it",
    Stop.NOBODY,
    Severity.WARNING,
    guarded=False,
    of_the_site=True,
    about_absence=True,
)
UNKNOWN_KEY = Rule(
    "unknown-key",
    "a pod refers to a key that the ConfigMap or Secret doesn't have",
    "the volume plugins, and makeEnvironmentVariables",
    Stop.KUBELET,
    guarded=False,
)
UNKNOWN_CONTAINER = Rule(
    "unknown-container",
    "the downward API refers to a container that the pod doesn't have",
    "ExtractContainerResourceValue",
    Stop.KUBELET,
    guarded=False,
)
_ENV_SOURCES = {"configMapRef": "ConfigMap", "secretRef": "Secret"}
_KEY_SOURCES = {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}
_VOLUME_SOURCES = (
    ("configMap", "name", "ConfigMap"),
    ("secret", "secretName", "Secret"),
    ("persistentVolumeClaim", "claimName", "PersistentVolumeClaim"),
)


class _Containers(NamedTuple):
    """The containers of a pod."""

    names: AbstractSet[str]
    hint: str


def judge_references(manifests: Sequence[Object], _target: Target) -> LabComplaints:
    """Check that manifests refer to objects that exist."""
    namespaces: defaultdict[str, Surroundings] = defaultdict(Surroundings)
    for i, manifest in enumerate(manifests):
        kind, name = manifest["kind"], manifest["metadata"].get("name", "")
        surroundings = namespaces[namespace_of(manifest)]
        if (kind, name) in surroundings.objects:
            message, at = f"{kind} {shown(name)} is duplicated", ("metadata", "name")
            yield i, DUPLICATE_OBJECT.complaint(message, "remove one of them", at)
        surroundings.add(kind, name, manifest)
        if kind == "Namespace":
            namespaces[name].complete = True
    for i, manifest in enumerate(manifests):
        check = _CHECKS.get(manifest["kind"])
        if check:
            for complaint in check(manifest, namespaces[namespace_of(manifest)]):
                yield i, complaint


def _pod(pod: Object, surroundings: Surroundings) -> Complaints:
    spec = pod.get("spec", {})
    volumes = {volume["name"]: file_paths(volume) for volume in spec.get("volumes", ())}
    names: dict[str, str | int] = {}
    for path, container in pod_containers(pod):
        # Within one list, the schema's keys forbid it.
        if names.setdefault(container["name"], path[1]) != path[1]:
            message = "is the name of a container in another list"
            yield DUPLICATE.complaint(message, "rename one of them", (*path, "name"))
        yield from mounts(path, container, volumes)
        yield from volume_modes(path, container, spec, surroundings)
        yield from _environment(path, container, surroundings)
    known = _Containers(names.keys(), f"use one of {listed(sorted(names))}")
    for path, container in pod_containers(pod):
        for i, variable in enumerate(container.get("env", ())):
            source = variable.get("valueFrom", {})
            yield from _downward((*path, "env", i, "valueFrom"), source, known)
    for i, volume in enumerate(spec.get("volumes", ())):
        at: Path = ("spec", "volumes", i)
        yield from _volume(at, volume, known, surroundings)
        for k, source in enumerate(volume.get("projected", {}).get("sources", ())):
            place = (*at, "projected", "sources", k)
            yield from _volume(place, source, known, surroundings)
    for i, secret in enumerate(spec.get("imagePullSecrets", ())):
        name = secret.get("name", "")
        if surroundings.lacks("Secret", name):
            message, hint = f"Secret {shown(name)} is missing", "add it, or remove the reference"
            at = ("spec", "imagePullSecrets", i, "name")
            yield MISSING_PULL_SECRET.complaint(message, hint, at)


def _environment(path: Path, container: Object, surroundings: Surroundings) -> Complaints:
    for i, source in enumerate(container.get("envFrom", ())):
        for field, kind in _ENV_SOURCES.items():
            if field in source:
                at = (*path, "envFrom", i, field)
                yield from _object(at, "name", kind, source[field], surroundings)
    for i, variable in enumerate(container.get("env", ())):
        for field, kind in _KEY_SOURCES.items():
            reference = variable.get("valueFrom", {}).get(field)
            if reference:
                at = (*path, "env", i, "valueFrom", field)
                yield from _object(at, "name", kind, reference, surroundings)
                yield from _key(at, kind, reference, reference, surroundings)


def _volume(
    path: Path, volume: Object, known: _Containers, surroundings: Surroundings
) -> Complaints:
    for source, field, kind in _VOLUME_SOURCES:
        found = volume.get(source)
        if found is None:
            continue
        named = field if field in found else "name"  # as in a projection
        yield from _object((*path, source), named, kind, found, surroundings)
        reference = {**found, "name": found.get(named, "")}
        for i, item in enumerate(found.get("items", ())):
            at = (*path, source, "items", i)
            yield from _key(at, kind, reference, item, surroundings)
    for i, item in enumerate(volume.get("downwardAPI", {}).get("items", ())):
        yield from _downward((*path, "downwardAPI", "items", i), item, known)


def _downward(path: Path, holder: Object, known: _Containers) -> Complaints:
    name = holder.get("resourceFieldRef", {}).get("containerName")
    if name and name not in known.names:
        at = (*path, "resourceFieldRef", "containerName")
        message = f"the pod has no container {shown(name)}"
        yield UNKNOWN_CONTAINER.complaint(message, known.hint, at)


def _object(
    path: Path, field: str, kind: str, reference: Object, surroundings: Surroundings
) -> Complaints:
    name = reference.get(field, "")
    if name and not reference.get("optional") and surroundings.lacks(kind, name):
        message = f"{kind} {shown(name)} is missing from the pod's namespace"
        yield UNKNOWN_OBJECT.complaint(message, "add it, or correct the name", (*path, field))


def _key(
    path: Path, kind: str, reference: Object, holder: Object, surroundings: Surroundings
) -> Complaints:
    name, key = reference.get("name", ""), holder.get("key", "")
    if not reference.get("optional") and surroundings.lacks_key(kind, name, key):
        message = f"{kind} {shown(name)} has no key {shown(key)}"
        yield UNKNOWN_KEY.complaint(message, "add it, or correct the key", (*path, "key"))


_CHECKS = {"NetworkPolicy": network_policy, "Pod": _pod, "Service": service}
