"""The checks of a configuration that need more than one field or item.

A check is given the value of a field and the fields before it that are valid, and yields its
problems.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from labbuilder.errors import Path, listed
from labbuilder.models import reserved
from labbuilder.models.base import Problem
from labbuilder.models.container import InitContainer
from labbuilder.models.secret import LabSecret
from labbuilder.models.size import LabSize, LabSizeDefinition
from labbuilder.models.volume import Volume, VolumeMount
from labbuilder.names import USER_GROUPS_ANNOTATION, USER_NAME_ANNOTATION, normal_path

__all__ = ["CHECKS"]

Fields = Mapping[str, Any]
Places = Iterable[tuple[str, Path]]

_STATE_ANNOTATIONS = (USER_GROUPS_ANNOTATION, USER_NAME_ANNOTATION)
_FILES = (reserved.GROUP_PATH, reserved.PASSWD_PATH)


Check = TypeVar("Check", bound=Callable[..., Iterator[Problem]])
CHECKS: dict[str, Callable[[Any, Fields], Iterator[Problem]]] = {}
"""The checks, by the name of the field."""


def _check(check: Check) -> Check:
    CHECKS[check.__name__] = check
    return check


@_check
def runtime_mounts_dir(value: str, _fields: Fields) -> Iterator[Problem]:
    """Check that the folder of the runtime mounts can be one."""
    path = normal_path(value)
    if _is_below(path, _FILES):
        yield Problem("reserved-path", f"labs have a file at {path}", "use a folder")


@_check
def sizes(value: Sequence[LabSizeDefinition], _fields: Fields) -> Iterator[Problem]:
    """Find duplicate sizes."""
    return _repeated("size", [(size.size, (i, "size")) for i, size in enumerate(value)])


@_check
def default_size(value: LabSize | None, fields: Fields) -> Iterator[Problem]:
    """Check that the default size is defined."""
    known = [size.size for size in fields.get("sizes", ())]
    if value and known and value not in known:
        hint = f"choose one of {', '.join(known)}"
        yield Problem("unknown-size", f"size {value} is not defined", hint)


@_check
def volumes(value: Sequence[Volume], _fields: Fields) -> Iterator[Problem]:
    """Find duplicate and reserved names of volumes."""
    places: list[tuple[str, Path]] = [(volume.name, (i, "name")) for i, volume in enumerate(value)]
    yield from _repeated("volume", places)
    yield from _reserved("volume", places, reserved.VOLUMES)


@_check
def volume_mounts(value: Sequence[VolumeMount], fields: Fields) -> Iterator[Problem]:
    """Find mounts of unknown volumes, and mounts at the same path."""
    yield from _mounts(value, fields, _volume_names(fields), ())


def _mounts(
    value: Sequence[VolumeMount], fields: Fields, known: Collection[str], at: Path
) -> Iterator[Problem]:
    for i, mount in enumerate(value):
        if "volumes" in fields and mount.volume_name not in known:
            message = f"volume {mount.volume_name} is not defined"
            hint = "add it to volumes"
            hint += f", or choose one of {listed(known)}" if known else ""
            yield Problem("unknown-volume", message, hint, (*at, i, "volumeName"))
    places = [(mount.container_path, (*at, i, "containerPath")) for i, mount in enumerate(value)]
    yield from _targets(places, [], fields)


@_check
def home_volume_name(value: str, fields: Fields) -> Iterator[Problem]:
    """Check that the volume of the home directories is defined."""
    known = _volume_names(fields)
    if "volumes" in fields and value not in known:
        message = f"volume {value!r} (home directories) is not in volumes"
        hint = "add it, or set homeVolumeName"
        hint += f" to one of {listed(known)}" if known else ""
        yield Problem("unknown-volume", message, hint)


@_check
def files(value: Mapping[str, str], fields: Fields) -> Iterator[Problem]:
    """Find files at the path of something else."""
    return _about_keys(_targets([(path, (path,)) for path in value], _mounted(fields), fields))


@_check
def secrets(value: Sequence[LabSecret], fields: Fields) -> Iterator[Problem]:
    """Find duplicate and reserved keys, variables and paths."""
    keys = [(secret.secret_key, (i, "secretKey")) for i, secret in enumerate(value)]
    yield from _repeated("secret", keys)
    yield from _reserved("secret", keys, {reserved.TOKEN_KEY})
    variables = [(secret.env, (i, "env")) for i, secret in enumerate(value) if secret.env]
    yield from _repeated("variable", variables)
    yield from _environment(variables, reserved.RESERVED_ENV | reserved.REPLACEABLE_ENV)
    paths = [(secret.path, (i, "path")) for i, secret in enumerate(value) if secret.path]
    yield from _targets(paths, [*_mounted(fields), *fields.get("files", ())], fields)


@_check
def init_containers(value: Sequence[InitContainer], fields: Fields) -> Iterator[Problem]:
    """Find duplicate and reserved names of containers, and problems of their mounts."""
    places = [(container.name, (i, "name")) for i, container in enumerate(value)]
    yield from _repeated("container", places)
    yield from _reserved("container", places, reserved.CONTAINERS)
    known = _volume_names(fields)
    for i, container in enumerate(value):
        yield from _mounts(container.volume_mounts, fields, known, (i, "volumeMounts"))


@_check
def env(value: Mapping[str, str], _fields: Fields) -> Iterator[Problem]:
    """Find variables that labs set themselves."""
    return _about_keys(_environment([(name, (name,)) for name in value], reserved.RESERVED_ENV))


@_check
def extra_annotations(value: Mapping[str, str], _fields: Fields) -> Iterator[Problem]:
    """Find annotations from which the state of a lab is recreated."""
    places: list[tuple[str, Path]] = [(key, (key,)) for key in value]
    return _about_keys(_reserved("annotation", places, _STATE_ANNOTATIONS))


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(f"{path}/".startswith(f"{folder}/") for folder in folders)


def _about_keys(problems: Iterable[Problem]) -> Iterator[Problem]:
    for problem in problems:
        yield replace(problem, about_key=True)


def _volume_names(fields: Fields) -> Collection[str]:
    return dict.fromkeys(volume.name for volume in fields.get("volumes", ()))


def _mounted(fields: Fields) -> list[str]:
    return [mount.container_path for mount in fields.get("volume_mounts", ())]


def _repeated(what: str, places: Places) -> Iterator[Problem]:
    seen = set()
    for name, at in places:
        if name in seen:
            message = f"{what} {name} is duplicated"
            yield Problem(f"duplicate-{what}", message, "remove or rename one of them", at)
        seen.add(name)


def _reserved(what: str, places: Places, names: Iterable[str]) -> Iterator[Problem]:
    for name, at in places:
        if name in names:
            message = f"{what} {name} is reserved by labbuilder"
            yield Problem(f"reserved-{what}", message, "use another name", at)


def _environment(places: Places, names: Iterable[str]) -> Iterator[Problem]:
    for name, at in places:
        if name in names or name.startswith(reserved.HUB_ENV_PREFIX):
            message = f"variable {name} is reserved by labbuilder"
            yield Problem("reserved-env", message, "remove it, or use another name", at)


def _targets(places: Places, taken: Iterable[str], fields: Fields) -> Iterator[Problem]:
    """Find paths that can't be mounted on, because something else is there.

    Kubernetes refuses equal mount paths (``ValidateVolumeMounts``) but compares them as text,
    and a file below a read-only mount would stop the container.
    """
    own = normal_path(fields.get("runtime_mounts_dir", "/etc/nublado")).rstrip("/")
    folders = [
        reserved.DISCOVERY_PATH,
        reserved.STARTUP_PATH,
        *(f"{own}/{name}" for name in reserved.RUNTIME_FOLDERS.values()),
    ]
    seen = {normal_path(path) for path in taken}
    for text, at in places:
        path = normal_path(text)
        if path in {"/", reserved.TMP_PATH} or _is_below(path, (*_FILES, *folders)):
            message = f"{path} is reserved by labbuilder"
            yield Problem("reserved-path", message, "use another path", at)
        elif path in seen:
            hint = "remove one of them, or use another path"
            yield Problem("duplicate-path", f"{path} is already in use", hint, at)
        seen.add(path)
