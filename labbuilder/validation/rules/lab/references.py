"""Rules about what one part of a lab says of another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from labbuilder.errors import Path, Severity, shown
from labbuilder.manifest import namespace_of
from labbuilder.validation.rules.combinators import DUPLICATE
from labbuilder.validation.rules.lab.places import mounts
from labbuilder.validation.rules.lab.selection import network_policy, service
from labbuilder.validation.rules.lab.surroundings import (
    Manifest,
    Surroundings,
    containers,
)
from labbuilder.validation.rules.rule import Complaint, Stop, rule

__all__ = ["references"]

Found = Iterator[tuple[int, Path, Complaint]]
DUPLICATE_OBJECT = rule(
    "duplicate-object",
    "two manifests are of one kind, name and namespace, so that one replaces the other",
    "the API server's storage",
    Stop.NOBODY,
)
UNKNOWN_OBJECT = rule(
    "unknown-object",
    "a pod names a ConfigMap, Secret or claim that isn't there",
    "the volume manager, and makeEnvironmentVariables",
    Stop.KUBELET,
    about_absence=True,
)
MISSING_PULL_SECRET = rule(
    "missing-pull-secret",
    "a pod names a pull secret that isn't there",
    "GetPullSecretsForPod, which goes on without it",
    Stop.NOBODY,
    Severity.WARNING,
    about_absence=True,
    of_the_site=True,
)
UNKNOWN_KEY = rule(
    "unknown-key",
    "a pod names a key that the ConfigMap or Secret doesn't have",
    "the volume plug-ins, and makeEnvironmentVariables",
    Stop.KUBELET,
)
UNKNOWN_CONTAINER = rule(
    "unknown-container",
    "the downward API is asked about a container that the pod doesn't have",
    "ExtractContainerResourceValue",
    Stop.KUBELET,
)


def references(manifests: Sequence[Manifest]) -> Found:
    """Judge what manifests say of each other.

    Parameters
    ----------
    manifests
        Manifests that the schemas accept.

    Yields
    ------
    tuple
        The index of a manifest, the path in it, and the complaint.
    """
    namespaces: defaultdict[str, Surroundings] = defaultdict(Surroundings)
    for i, manifest in enumerate(manifests):
        kind, name = manifest["kind"], manifest["metadata"].get("name", "")
        objects = namespaces[namespace_of(manifest)].objects
        if (kind, name) in objects:
            complaint = Complaint(DUPLICATE_OBJECT, "stands twice", "keep one of the two")
            yield i, ("metadata", "name"), complaint
        objects[kind, name] = manifest
        if kind == "Namespace":
            namespaces[name].whole = True
    for i, manifest in enumerate(manifests):
        judge = _JUDGES.get(manifest["kind"])
        if judge:
            for path, complaint in judge(manifest, namespaces[namespace_of(manifest)]):
                yield i, path, complaint


def _pod(pod: Manifest, beside: Surroundings) -> Iterator[tuple[Path, Complaint]]:
    spec = pod.get("spec", {})
    volumes = {volume["name"]: volume for volume in spec.get("volumes", ())}
    names: dict[str, str | int] = {}
    for path, container in containers(pod):
        # Within one list, the schema's keys forbid it.
        if names.setdefault(container["name"], path[1]) != path[1]:
            message = "a container of another kind has it"
            yield (*path, "name"), Complaint(DUPLICATE, message, "rename one")
        yield from mounts(path, container, volumes)
        yield from _environment(path, container, beside)
    for path, container in containers(pod):
        for i, variable in enumerate(container.get("env", ())):
            found = variable.get("valueFrom", {})
            yield from _downward((*path, "env", i, "valueFrom"), found, set(names))
    for i, volume in enumerate(spec.get("volumes", ())):
        at: Path = ("spec", "volumes", i)
        yield from _volume(at, volume, set(names), beside)
        for k, source in enumerate(volume.get("projected", {}).get("sources", ())):
            yield from _volume((*at, "projected", "sources", k), source, set(names), beside)
    for i, secret in enumerate(spec.get("imagePullSecrets", ())):
        name = secret.get("name", "")
        if beside.lacks("Secret", name):
            message = f"there is no Secret {shown(name)}"
            complaint = Complaint(MISSING_PULL_SECRET, message, "add it, or leave it out")
            yield ("spec", "imagePullSecrets", i, "name"), complaint


_SOURCES = {"configMapRef": "ConfigMap", "secretRef": "Secret"}
_KEYS = {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}


def _environment(
    path: Path, container: Manifest, beside: Surroundings
) -> Iterator[tuple[Path, Complaint]]:
    for i, source in enumerate(container.get("envFrom", ())):
        for field, kind in _SOURCES.items():
            if field in source:
                at = (*path, "envFrom", i, field)
                yield from _object(at, "name", kind, source[field], beside)
    for i, variable in enumerate(container.get("env", ())):
        for field, kind in _KEYS.items():
            reference = variable.get("valueFrom", {}).get(field)
            if reference:
                at = (*path, "env", i, "valueFrom", field)
                yield from _object(at, "name", kind, reference, beside)
                yield from _key(at, kind, reference, reference, beside)


def _volume(
    path: Path, volume: Manifest, names: set[str], beside: Surroundings
) -> Iterator[tuple[Path, Complaint]]:
    for source, field, kind in (
        ("configMap", "name", "ConfigMap"),
        ("secret", "secretName", "Secret"),
        ("persistentVolumeClaim", "claimName", "PersistentVolumeClaim"),
    ):
        found = volume.get(source)
        if found is None:
            continue
        named = field if field in found else "name"  # as a projection has it
        yield from _object((*path, source), named, kind, found, beside)
        reference = {**found, "name": found.get(named, "")}
        for i, item in enumerate(found.get("items", ())):
            at = (*path, source, "items", i)
            yield from _key(at, kind, reference, item, beside)
    for i, item in enumerate(volume.get("downwardAPI", {}).get("items", ())):
        yield from _downward((*path, "downwardAPI", "items", i), item, names)


def _downward(path: Path, holder: Manifest, names: set[str]) -> Iterator[tuple[Path, Complaint]]:
    name = holder.get("resourceFieldRef", {}).get("containerName")
    if name and name not in names:
        at = (*path, "resourceFieldRef", "containerName")
        message = f"the pod has no container {shown(name)}"
        yield at, Complaint(UNKNOWN_CONTAINER, message, f"it has {', '.join(sorted(names))}")


def _object(
    path: Path, field: str, kind: str, reference: Manifest, beside: Surroundings
) -> Iterator[tuple[Path, Complaint]]:
    name = reference.get(field, "")
    if name and not reference.get("optional") and beside.lacks(kind, name):
        message = f"there is no {kind} {shown(name)} in the pod's namespace"
        yield (*path, field), Complaint(UNKNOWN_OBJECT, message, "add it, or correct the name")


def _key(
    path: Path, kind: str, reference: Manifest, holder: Manifest, beside: Surroundings
) -> Iterator[tuple[Path, Complaint]]:
    name, key = reference.get("name", ""), holder.get("key", "")
    if not reference.get("optional") and beside.lacks_key(kind, name, key):
        message = f"{kind} {shown(name)} has no key {shown(key)}"
        yield (*path, "key"), Complaint(UNKNOWN_KEY, message, "add it, or correct the key")


_JUDGES = {"NetworkPolicy": network_policy, "Pod": _pod, "Service": service}
