"""Rules about what one part of a lab says of another."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labbuilder.errors import Path, Severity, shown
from labbuilder.names import normal_path
from labbuilder.rules.rule import Complaint, Stop, rule
from labbuilder.rules.walk import DUPLICATE

__all__ = ["CATEGORY", "containers", "matches", "references"]

Manifest = Mapping[str, Any]
Found = Iterator[tuple[int, Path, Complaint]]

CATEGORY = "nublado.lsst.io/category"
"""The label that makes a lab known as one."""

DUPLICATE_OBJECT = rule(
    "duplicate-object",
    "two manifests are of one kind, name and namespace, so that one replaces the other",
    "the API server's storage",
    Stop.NOBODY,
)
UNKNOWN_VOLUME = rule(
    "unknown-volume", "a mount names a volume that the pod doesn't have", "ValidateVolumeMounts"
)
SHADOWED_MOUNT = rule(
    "shadowed-mount",
    "a mount hides another, or lies below one that is a file",
    "the runtime's order of mounts",
    Stop.KUBELET,
)
UNKNOWN_OBJECT = rule(
    "unknown-object",
    "a pod names a ConfigMap, Secret or claim that isn't there",
    "the volume manager, and makeEnvironmentVariables",
    Stop.KUBELET,
)
MISSING_PULL_SECRET = rule(
    "missing-pull-secret",
    "a pod names a pull secret that isn't there",
    "GetPullSecretsForPod, which goes on without it",
    Stop.NOBODY,
    Severity.WARNING,
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
SELECTS_NOTHING = rule(
    "selects-nothing",
    "a service or network policy selects none of the pods beside it",
    "the endpoints controller",
    Stop.NOBODY,
)
UNSERVED_PORT = rule(
    "unserved-port",
    "a service sends to a port that no container of its pods has: by its name, or a lab's",
    "FindPort",
    Stop.NOBODY,
)
UNDECLARED_PORT = rule(
    "undeclared-port",
    "a service sends to a number that isn't among the ports that its pods declare",
    "nothing: a container may listen all the same",
    Stop.NOBODY,
    Severity.WARNING,
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
    namespaces: defaultdict[str, _Namespace] = defaultdict(_Namespace)
    for i, manifest in enumerate(manifests):
        kind, name = manifest["kind"], manifest["metadata"].get("name", "")
        objects = namespaces[_namespace(manifest)].objects
        if (kind, name) in objects:
            complaint = Complaint(DUPLICATE_OBJECT, "stands twice", "keep one of the two")
            yield i, ("metadata", "name"), complaint
        objects[kind, name] = manifest
        if kind == "Namespace":
            namespaces[name].whole = True
    for i, manifest in enumerate(manifests):
        judge = _JUDGES.get(manifest["kind"])
        if judge:
            for path, complaint in judge(manifest, namespaces[_namespace(manifest)]):
                yield i, path, complaint


_EVERYWHERE = ("ConfigMap", "kube-root-ca.crt")
"""What the controller manager puts into every namespace."""


class _Namespace:
    """What stands in one namespace.

    Attributes
    ----------
    objects
        By kind and name.
    whole
        Whether everything that the namespace is to hold is there, since it is itself.
    """

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], Manifest] = {}
        self.whole = False

    def lacks(self, kind: str, name: str) -> bool:
        """Tell whether an object isn't there, where those of its kind can be expected to be."""
        if (kind, name) in self.objects or (kind, name) == _EVERYWHERE:
            return False
        return self.whole or any(known == kind for known, _ in self.objects)

    def lacks_key(self, kind: str, name: str, key: str) -> bool:
        """Tell whether a ConfigMap or Secret is there without a key."""
        found = self.objects.get((kind, name))
        parts = ("data", "binaryData", "stringData")
        return found is not None and not any(key in found.get(part, {}) for part in parts)

    def pods(self) -> list[Manifest]:
        """List the pods."""
        return [manifest for (kind, _), manifest in self.objects.items() if kind == "Pod"]


def _namespace(manifest: Manifest) -> str:
    found: str = manifest["metadata"].get("namespace", "")
    return found


def containers(pod: Manifest) -> Iterator[tuple[Path, Manifest]]:
    """List a pod's containers of every kind, init containers first, with their paths."""
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for i, container in enumerate(pod.get("spec", {}).get(field, ())):
            yield ("spec", field, i), container


def _pod(pod: Manifest, beside: _Namespace) -> Iterator[tuple[Path, Complaint]]:
    spec = pod.get("spec", {})
    volumes = {volume["name"]: volume for volume in spec.get("volumes", ())}
    names: dict[str, str | int] = {}
    for path, container in containers(pod):
        # Within one list, the schema's keys forbid it.
        if names.setdefault(container["name"], path[1]) != path[1]:
            message = "a container of another kind has it"
            yield (*path, "name"), Complaint(DUPLICATE, message, "rename one")
        yield from _mounts(path, container, volumes)
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


def _mounts(
    path: Path, container: Manifest, volumes: Mapping[str, Manifest]
) -> Iterator[tuple[Path, Complaint]]:
    mounts = container.get("volumeMounts", ())
    places: dict[str, int] = {}
    files = set()
    for i, mount in enumerate(mounts):
        at = (*path, "volumeMounts", i)
        if mount["name"] not in volumes:
            message = f"the pod has no volume {shown(mount['name'])}"
            hint = f"it has {', '.join(volumes)}" if volumes else "add the volume"
            yield (*at, "name"), Complaint(UNKNOWN_VOLUME, message, hint)
        elif _is_file(mount, volumes[mount["name"]]):
            files.add(normal_path(mount["mountPath"]))
        place = normal_path(mount["mountPath"])
        if place in places and mounts[places[place]]["mountPath"] != mount["mountPath"]:
            message = f"is the same place as that of mount {places[place]}"
            yield (*at, "mountPath"), Complaint(SHADOWED_MOUNT, message, "keep one of the two")
        places.setdefault(place, i)
    for place, i in places.items():
        parent = posixpath.dirname(place)
        while parent not in files and parent != "/":
            parent = posixpath.dirname(parent)
        if parent in files:
            message = f"lies below {shown(parent)}, which is a file"
            complaint = Complaint(SHADOWED_MOUNT, message, "mount one of them elsewhere")
            yield (*path, "volumeMounts", i, "mountPath"), complaint


def _is_file(mount: Manifest, volume: Manifest) -> bool:
    """Tell whether what is mounted is one of the files that a volume's items make."""
    items = [
        item
        for source in ("configMap", "secret", "downwardAPI")
        for item in volume.get(source, {}).get("items", ())
    ]
    return any(item["path"] == mount.get("subPath") for item in items)


_SOURCES = {"configMapRef": "ConfigMap", "secretRef": "Secret"}
_KEYS = {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}


def _environment(
    path: Path, container: Manifest, beside: _Namespace
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
    path: Path, volume: Manifest, names: set[str], beside: _Namespace
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
    path: Path, field: str, kind: str, reference: Manifest, beside: _Namespace
) -> Iterator[tuple[Path, Complaint]]:
    name = reference.get(field, "")
    if name and not reference.get("optional") and beside.lacks(kind, name):
        message = f"there is no {kind} {shown(name)} in the pod's namespace"
        yield (*path, field), Complaint(UNKNOWN_OBJECT, message, "add it, or correct the name")


def _key(
    path: Path, kind: str, reference: Manifest, holder: Manifest, beside: _Namespace
) -> Iterator[tuple[Path, Complaint]]:
    name, key = reference.get("name", ""), holder.get("key", "")
    if not reference.get("optional") and beside.lacks_key(kind, name, key):
        message = f"{kind} {shown(name)} has no key {shown(key)}"
        yield (*path, "key"), Complaint(UNKNOWN_KEY, message, "add it, or correct the key")


def _service(service: Manifest, beside: _Namespace) -> Iterator[tuple[Path, Complaint]]:
    selector = service.get("spec", {}).get("selector")
    pods = beside.pods()
    if not selector or not pods:
        return
    chosen = [pod for pod in pods if selector.items() <= _labels(pod).items()]
    if not chosen:
        message = "selects no pod of the namespace"
        hint = "use labels that the pod has"
        yield ("spec", "selector"), Complaint(SELECTS_NOTHING, message, hint)
        return
    ports = [port for pod in chosen for port in _ports(pod)]
    for i, port in enumerate(service["spec"].get("ports", ())):
        target = port.get("targetPort") or port["port"]
        named = isinstance(target, str)
        sure = named or any(_labels(pod).get(CATEGORY) == "lab" for pod in chosen)
        wanted = target, port.get("protocol") or "TCP"
        field = "name" if named else "containerPort"
        if (ports or named) and wanted not in (
            (each.get(field), each.get("protocol") or "TCP") for each in ports
        ):
            message = f"no container of its pods has port {shown(target)} ({wanted[1]})"
            complaint = Complaint(
                UNSERVED_PORT if sure else UNDECLARED_PORT,
                message,
                "use a port that a container names",
            )
            yield ("spec", "ports", i, "targetPort"), complaint


def _ports(pod: Manifest) -> Iterator[Manifest]:
    """Give the ports of the containers that run as long as the pod."""
    for path, container in containers(pod):
        if path[1] == "containers" or container.get("restartPolicy") == "Always":
            yield from container.get("ports", ())


def _network_policy(policy: Manifest, beside: _Namespace) -> Iterator[tuple[Path, Complaint]]:
    pods = beside.pods()
    selector = policy.get("spec", {}).get("podSelector", {})
    if pods and not any(matches(selector, _labels(pod)) for pod in pods):
        message = "selects no pod of the namespace"
        hint = "use labels that the pod has"
        yield ("spec", "podSelector"), Complaint(SELECTS_NOTHING, message, hint)


_JUDGES = {"NetworkPolicy": _network_policy, "Pod": _pod, "Service": _service}


def _labels(manifest: Manifest) -> Mapping[str, str]:
    found: Mapping[str, str] = manifest["metadata"].get("labels", {})
    return found


def matches(selector: Manifest, labels: Mapping[str, str]) -> bool:
    """Evaluate a label selector as ``LabelSelectorAsSelector`` does.

    Parameters
    ----------
    selector
        A LabelSelector; an empty one selects everything.
    labels
        What it is held against.

    Returns
    -------
    bool
        Whether it selects.
    """
    if not selector.get("matchLabels", {}).items() <= labels.items():
        return False
    for each in selector.get("matchExpressions", ()):
        value, values = labels.get(each["key"]), each.get("values", ())
        holds = {
            "In": value in values,
            "NotIn": value not in values,
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }
        if not holds.get(each["operator"], False):
            return False
    return True
