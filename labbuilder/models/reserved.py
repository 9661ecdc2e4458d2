"""Checks of a configuration that need more than one field or item: each yields its problems.

Each is given a field's value and, where it needs them, the fields before it that are valid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from labbuilder.errors import Path
from labbuilder.models.base import Problem
from labbuilder.models.container import InitContainer
from labbuilder.models.secret import LabSecret
from labbuilder.models.size import LabSize, LabSizeDefinition
from labbuilder.models.volume import Volume, VolumeMount
from labbuilder.names import normal_path

__all__ = ["CHECKS"]

Fields = Mapping[str, Any]
Places = Iterable[tuple[str, Path]]

_ENV = frozenset(
    [
        "ACCESS_TOKEN",
        "DEBUG",
        "CONTAINER_SIZE",
        "CPU_GUARANTEE",
        "CPU_LIMIT",
        "EXTERNAL_INSTANCE_URL",
        "IMAGE_DIGEST",
        "IMAGE_DESCRIPTION",
        "JPY_API_TOKEN",
        "JUPYTER_IMAGE",
        "JUPYTER_IMAGE_SPEC",
        "KUBERNETES_NODE_NAME",
        "MEM_GUARANTEE",
        "MEM_LIMIT",
        "RESET_USER_ENV",
    ]
)
# A secret's variable stands beside these in a container, or would silently hide them.
_SECRET_ENV = _ENV | frozenset(
    [
        "NUBLADO_TOKEN",
        "K8S_NODE_NAME",
        "JUPYTERLAB_CONFIG_DIR",
        "JUPYTERLAB_START_COMMAND",
        "NUBLADO_RUNTIME_MOUNTS_DIR",
        "REPERTOIRE_BASE_URL",
        "NUBLADO_HOME",
        "NUBLADO_UID",
        "NUBLADO_GID",
    ]
)
_NO_FOLDERS = ("/etc/group", "/etc/passwd")
_PATHS = ("/", "/etc/group", "/etc/passwd", "/tmp")  # noqa: S108 (the lab's, not ours)
_FOLDERS = ("/etc/nublado/discovery/v1.json", "/etc/nublado/startup")
VOLUMES = frozenset(
    ["passwd", "group", "discovery-v1-json", "secrets", "env", "tmp", "runtime", "lab-startup"]
)
CONTAINERS = frozenset(
    ["notebook", "nublado-std-inithome", "nublado-std-landingpage", "nublado-std-startup"]
)
_STATE_ANNOTATIONS = ("nublado.lsst.io/user-groups", "nublado.lsst.io/user-name")


def runtime_mounts_dir(value: str, _fields: Fields) -> Iterator[Problem]:
    """Find out whether the folder of the builder's own mounts can be one."""
    path = normal_path(value)
    if _is_below(path, _NO_FOLDERS):
        yield Problem("reserved-path", f"labs have a file of their own at {path}", "use a folder")


def sizes(value: Sequence[LabSizeDefinition], _fields: Fields) -> Iterator[Problem]:
    """Find sizes that are defined twice."""
    return _repeated("size", [(size.size, (i, "size")) for i, size in enumerate(value)])


def default_size(value: LabSize | None, fields: Fields) -> Iterator[Problem]:
    """Find out whether the default size is defined."""
    known = [size.size for size in fields.get("sizes", ())]
    if value and known and value not in known:
        yield Problem(
            "unknown-size", f"{value} is not among the sizes", f"choose one of {', '.join(known)}"
        )


def volumes(value: Sequence[Volume], _fields: Fields) -> Iterator[Problem]:
    """Find names of volumes that are taken."""
    places: list[tuple[str, Path]] = [(volume.name, (i, "name")) for i, volume in enumerate(value)]
    yield from _repeated("volume", places)
    yield from _reserved("volume", places, VOLUMES)


def volume_mounts(
    value: Sequence[VolumeMount], fields: Fields, at: Path = ()
) -> Iterator[Problem]:
    """Find mounts of unknown volumes, and mounts in each other's place."""
    known = [volume.name for volume in fields.get("volumes", ())]
    for i, mount in enumerate(value):
        if "volumes" in fields and mount.volume_name not in known:
            yield Problem(
                "unknown-volume",
                f"there is no volume {mount.volume_name}",
                _choose(known),
                (*at, i, "volumeName"),
            )
    places = [(mount.container_path, (*at, i, "containerPath")) for i, mount in enumerate(value)]
    yield from _targets(places, [], fields)


def home_volume_name(value: str, fields: Fields) -> Iterator[Problem]:
    """Find out whether the volume of the home directories exists."""
    known = [volume.name for volume in fields.get("volumes", ())]
    if "volumes" in fields and value not in known:
        yield Problem(
            "unknown-volume",
            f"there is no volume {value} to hold home directories",
            _choose(known),
        )


def files(value: Mapping[str, str], fields: Fields) -> Iterator[Problem]:
    """Find files in the place of something else."""
    return _about_keys(_targets([(path, (path,)) for path in value], _mounted(fields), fields))


def secrets(value: Sequence[LabSecret], fields: Fields) -> Iterator[Problem]:
    """Find keys, variables and paths that are taken."""
    keys = [(secret.secret_key, (i, "secretKey")) for i, secret in enumerate(value)]
    yield from _repeated("secret", keys)
    yield from _reserved("secret", keys, {"token"})
    variables = [(secret.env, (i, "env")) for i, secret in enumerate(value) if secret.env]
    yield from _repeated("variable", variables)
    yield from _environment(variables, _SECRET_ENV)
    paths = [(secret.path, (i, "path")) for i, secret in enumerate(value) if secret.path]
    yield from _targets(paths, [*_mounted(fields), *fields.get("files", ())], fields)


def init_containers(value: Sequence[InitContainer], fields: Fields) -> Iterator[Problem]:
    """Find names of containers that are taken, and what is wrong with their mounts."""
    places = [(container.name, (i, "name")) for i, container in enumerate(value)]
    yield from _repeated("container", places)
    yield from _reserved("container", places, CONTAINERS)
    for i, container in enumerate(value):
        yield from volume_mounts(container.volume_mounts, fields, (i, "volumeMounts"))


def env(value: Mapping[str, str], _fields: Fields) -> Iterator[Problem]:
    """Find variables that the controller sets."""
    return _about_keys(_environment([(name, (name,)) for name in value], _ENV))


def extra_annotations(value: Mapping[str, str], _fields: Fields) -> Iterator[Problem]:
    """Find annotations from which a lab's state is recreated."""
    places: list[tuple[str, Path]] = [(key, (key,)) for key in value]
    return _about_keys(_reserved("annotation", places, _STATE_ANNOTATIONS))


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(f"{path}/".startswith(f"{folder}/") for folder in folders)


def _about_keys(problems: Iterable[Problem]) -> Iterator[Problem]:
    for problem in problems:
        yield replace(problem, about_key=True)


def _mounted(fields: Fields) -> list[str]:
    return [mount.container_path for mount in fields.get("volume_mounts", ())]


def _choose(known: Iterable[str]) -> str:
    return f"add it to volumes, or choose one of them: {', '.join(known) or 'none yet'}"


def _repeated(what: str, places: Places) -> Iterator[Problem]:
    seen = set()
    for name, at in places:
        if name in seen:
            yield Problem(
                f"duplicate-{what}",
                f"there is a {what} {name} already",
                "leave one of them out, or rename it",
                at,
            )
        seen.add(name)


def _reserved(what: str, places: Places, reserved: Iterable[str]) -> Iterator[Problem]:
    for name, at in places:
        if name in reserved:
            yield Problem(
                f"reserved-{what}", f"labs have their own {what} {name}", "use another name", at
            )


def _environment(places: Places, reserved: Iterable[str]) -> Iterator[Problem]:
    for name, at in places:
        if name in reserved or name.startswith("JUPYTERHUB_"):
            yield Problem(
                "reserved-env",
                f"labs have their own variable {name}",
                "leave it out, or use another name",
                at,
            )


def _targets(places: Places, taken: Iterable[str], fields: Fields) -> Iterator[Problem]:
    """Find paths that can't be mounted on, since something else is there.

    Kubernetes refuses equal mount paths (``ValidateVolumeMounts``) but compares them as text,
    and a file below a read-only mount would stop the container.
    """
    own = normal_path(fields.get("runtime_mounts_dir", "/etc/nublado")).rstrip("/")
    folders = [*_FOLDERS, *(f"{own}/{name}" for name in ("secrets", "environment", "runtime"))]
    seen = {normal_path(path) for path in taken}
    for text, at in places:
        path = normal_path(text)
        if path in _PATHS or _is_below(path, (*_NO_FOLDERS, *folders)):
            yield Problem(
                "reserved-path",
                f"labs have something of their own at {path}",
                "use another path",
                at,
            )
        elif path in seen:
            yield Problem(
                "duplicate-path",
                f"something is mounted at {path} already",
                "leave one of them out, or use another path",
                at,
            )
        seen.add(path)


CHECKS: dict[str, Callable[[Any, Fields], Iterable[Problem]]] = {
    check.__name__: check
    for check in (
        runtime_mounts_dir,
        sizes,
        default_size,
        volumes,
        volume_mounts,
        home_volume_name,
        files,
        secrets,
        init_containers,
        env,
        extra_annotations,
    )
}
"""What checks a field, by the field's name."""
