"""Checks of what a kubelet makes of a container: variables in paths, and ports by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from labbuilder.errors import Path, Severity, shown
from labbuilder.manifest import CONTAINER_LISTS, containers
from labbuilder.validation.rules.rule import Complaints, Object, Rule, Stop, checks

UNDEFINED_VARIABLE = Rule(
    "undefined-variable",
    "a subPathExpr refers to a variable that its container doesn't have",
    "ExpandContainerVolumeMounts (CreateContainerConfigError)",
    Stop.KUBELET,
    guarded=False,
)
LATER_VARIABLE = Rule(
    "later-variable",
    "a variable refers to one that is defined below it, which is not replaced",
    "makeEnvironmentVariables, which replaces by what is above",
    Stop.NOBODY,
    Severity.WARNING,
    guarded=False,
)
UNKNOWN_PORT = Rule(
    "unknown-port",
    "a probe or hook names a port that its container doesn't have, so that it always fails",
    "ResolveContainerPort",
    Stop.KUBELET,
    guarded=False,
)
OVERLAPPING_PATHS = Rule(
    "overlapping-paths",
    "a volume makes a file and, below the same path, another one, so that it can't be mounted",
    "AtomicWriter.Write; the API server warns of it",
    Stop.KUBELET,
    guarded=False,
)

_REFERENCE = re.compile(r"\$(?:\$|\((?P<name>[^)]*)\))")
_OF_SERVICES = re.compile(r"[A-Z0-9_]+_(?:SERVICE_HOST|SERVICE_PORT|PORT)(?:_[A-Z0-9_]*)?")
"""Variables that a kubelet adds for the services of a namespace, and for the API server's."""
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = ("postStart", "preStop")
_FILE = ""  # the name of no step
_ITEMS = ("configMap", "secret", "downwardAPI")


def _references(text: str) -> Iterator[str]:
    return (found["name"] for found in _REFERENCE.finditer(text) if found["name"] is not None)


@checks("Container", "EphemeralContainer")
def _variables(value: Object) -> Complaints:
    env = value.get("env", ())
    names = {variable["name"] for variable in env}
    for i, mount in enumerate(value.get("volumeMounts", ())):
        for name in _references(mount.get("subPathExpr", "")):
            is_known = name in names or value.get("envFrom") or _OF_SERVICES.fullmatch(name)
            if not is_known:
                message = f"variable {shown(name)} isn't defined"
                hint = "define it in the container's env"
                at = ("volumeMounts", i, "subPathExpr")
                yield UNDEFINED_VARIABLE.complaint(message, hint, at)
    defined: set[str] = set()
    for i, variable in enumerate(env):
        for name in _references(variable.get("value", "")):
            if (
                name in names
                and name not in defined
                and name != variable["name"]
                and not value.get("envFrom")
            ):
                message = f"variable {shown(name)} is defined below it, and stays as it is written"
                at = ("env", i, "value")
                yield LATER_VARIABLE.complaint(message, "put it below that one", at)
        defined.add(variable["name"])


@checks("PodSpec")
def _port_names(spec: Object) -> Complaints:
    for path, container in containers(spec, (), CONTAINER_LISTS):
        known = {port.get("name") for port in container.get("ports", ())}
        for at, handler in _handlers(container):
            for action in ("httpGet", "tcpSocket"):
                port = handler.get(action, {}).get("port")
                if isinstance(port, str) and port and port not in known:
                    message = f"the container has no port {shown(port)}"
                    hint = "use the name of one of its ports, or a number"
                    place = (*path, *at, action, "port")
                    yield UNKNOWN_PORT.complaint(message, hint, place)


def _handlers(container: Object) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for field in _PROBES:
        if field in container:
            yield (field,), container[field]
    for field in _HOOKS:
        if field in container.get("lifecycle", {}):
            yield ("lifecycle", field), container["lifecycle"][field]


@checks("Volume")
def _volume_paths(volume: Object) -> Complaints:
    for source in _ITEMS:
        items = volume.get(source, {}).get("items", ())
        found: list[tuple[Path, str]] = [
            ((source, "items", i, "path"), item["path"]) for i, item in enumerate(items)
        ]
        yield from _overlaps(found)
    yield from _overlaps(_projected(volume.get("projected", {}).get("sources", ())))


def _projected(sources: Iterable[Object]) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    for i, source in enumerate(sources):
        at: Path = ("projected", "sources", i)
        for kind in _ITEMS:
            for k, item in enumerate(source.get(kind, {}).get("items", ())):
                found.append(((*at, kind, "items", k, "path"), item["path"]))
        token = source.get("serviceAccountToken", {}).get("path")
        if token:
            found.append(((*at, "serviceAccountToken", "path"), token))
    return found


def _overlaps(found: list[tuple[Path, str]]) -> Complaints:
    """Complain about each file that is below another one."""
    root: dict[str, Any] = {}
    for _, path in found:
        folder = root
        for step in _steps(path):
            folder = folder.setdefault(step, {})
        folder[_FILE] = path
    for at, path in found:
        folder = root
        for step in _steps(path):
            if _FILE in folder:
                message = f"is below {shown(folder[_FILE])}, which is a file"
                yield OVERLAPPING_PATHS.complaint(message, "use another path", at)
                break
            folder = folder[step]


def _steps(path: str) -> list[str]:
    return [step for step in path.split("/") if step not in {"", "."}]
