"""Traces a place in a manifest to the place in the inputs that decides it."""

from __future__ import annotations

from collections.abc import Sequence

from labbuilder.errors import Path
from labbuilder.lab.arguments import Inputs
from labbuilder.lab.names import object_names
from labbuilder.lab.storage import Storage
from labbuilder.manifest import Manifest
from labbuilder.models.config import LabConfig
from labbuilder.models.reserved import DISCOVERY, GROUP, PASSWD
from labbuilder.models.volume import VolumeMount
from labbuilder.names import USER_GROUPS_ANNOTATION, USER_NAME_ANNOTATION

__all__ = ["find_input"]


def find_input(  # noqa: C901, PLR0911 (a table)
    path: Path, manifest: Manifest, storage: Storage, inputs: Inputs
) -> Path:
    """Find the input that decides the value at a path of a manifest that the compiler rendered.

    Returns its path from one of the compiler's arguments, such as ``("config", "volumes", 0)``;
    empty if no input decides the value.
    """
    name = manifest.get("metadata", {}).get("name", "")
    names = object_names(storage.config.namespace_prefix, inputs.user.username)
    match (str(manifest.get("kind")), *path):
        case ("Pod", *_):
            return _pod(path, manifest, storage, inputs)
        case ("Namespace", "metadata", "annotations", *rest):
            return ("config", "namespaceAnnotations", *rest)
        case ("ResourceQuota", "spec", "hard", *rest):
            return ("user", "quota", "notebook", *(str(key).rpartition(".")[2] for key in rest))
        case ("ConfigMap", "data", *rest) if name == names.env_config_map:
            return _variable(rest, storage)
        case ("ConfigMap", "data", *rest) if name == names.nss_config_map:
            fields = {PASSWD: "basePasswd", GROUP: "baseGroup"}
            return ("config", "nss", *(fields[str(key)] for key in rest if key in fields))
        case ("ConfigMap", "data", key) if key == DISCOVERY:
            return ("site", "discovery")
        case ("ConfigMap", "data", *rest):
            files = storage.file_paths
            return ("config", "files", *(files[str(key)] for key in rest if key in files))
        case ("Secret", "data", *rest):
            return ("secrets", *rest) if name == names.secret else ("pull_secret", "data", *rest)
        case ("PersistentVolumeClaim", "spec", *rest):
            volume = name.removeprefix(names.claim(""))
            if volume in storage.volume_numbers:
                return ("config", "volumes", storage.volume_numbers[volume], "source", *rest)
    return ("user", "username") if path[:1] == ("metadata",) and path[-1:] == ("name",) else ()


def _variable(rest: Sequence[str | int], storage: Storage) -> Path:
    if rest and rest[0] not in storage.config.env:
        return ("lab", "env", *rest)
    return ("config", "env", *rest)


_OPTIONS = {field.alias for field in LabConfig.model_fields.values()} - {
    "initContainers", "volumes",  # whose items the builder adds to
}  # fmt: skip
"""Options that may decide the pod's field of the same name."""


def _pod(  # noqa: C901, PLR0911 (a table)
    path: Path, pod: Manifest, storage: Storage, inputs: Inputs
) -> Path:
    match path:
        case ("metadata", "annotations", str() as key) if key == USER_GROUPS_ANNOTATION:
            return ("user", "groups")
        case ("metadata", "annotations", str() as key) if key == USER_NAME_ANNOTATION:
            return ("user", "name")
        case ("metadata", "annotations", *rest):
            return ("config", "extraAnnotations", *rest)
        case ("spec", "imagePullSecrets", *_):
            return ("config", "pullSecret")
        case ("spec", "securityContext", "supplementalGroups", int() as i):
            return ("user", "groups", i, "id")
        case ("spec", "volumes", int() as i, *rest):
            return _volume(pod["spec"]["volumes"][i], rest, storage)
        case ("spec", "containers" | "initContainers", int(), "resources", *rest):
            size = storage.config.size(inputs.lab.options.size)
            place = (storage.config.sizes.index(size),) if size else ()
            return ("config", "sizes", *place, "resources", *rest)
        case ("spec", "initContainers", int() as i, *rest):
            return _init_container(pod["spec"]["initContainers"][i]["name"], rest, storage)
        case ("spec", "containers", int(), *rest):
            return _notebook(rest, storage)
        case ("spec", str() as field, *rest) if field in _OPTIONS:
            return ("config", field, *rest)
    return ("user", "username") if path == ("metadata", "name") else ()


def _volume(volume: Manifest, rest: Sequence[str | int], storage: Storage) -> Path:
    name = volume["name"]
    if name in storage.volume_numbers:
        kind, *fields = rest or [""]
        renamed = {"nfs": {"path": "serverPath"}, "emptyDir": {"sizeLimit": "size"}}
        names = renamed.get(str(kind), {})
        below = [names.get(str(field), field) for field in fields]
        number = storage.volume_numbers[name]
        return ("config", "volumes", number, *(["source", *below] if rest else []))
    return ("config", "files", storage.file_paths[name]) if name in storage.file_paths else ()


_MOUNT_FIELDS = {"mountPath": "containerPath", "name": "volumeName"}


def _mount(rest: Sequence[str | int], mounts: Sequence[VolumeMount]) -> Path:
    """Find the mount in the configuration, whose mounts come before those of the builder."""
    match rest:
        case ["volumeMounts", int() as i, *fields] if i < len(mounts):
            names = [_MOUNT_FIELDS.get(str(field), field) for field in fields]
            return ("volumeMounts", i, *names)
    return ()


def _init_container(name: str, rest: Sequence[str | int], storage: Storage) -> Path:
    number = storage.container_numbers.get(name)
    if number is None:
        return ()
    match rest:
        case ["name" | "image" | "command", *_]:
            below = tuple(rest)
        case ["securityContext", *_]:
            below = ("privileged",)
        case _:
            below = _mount(rest, storage.config.init_containers[number].volume_mounts)
    return ("config", "initContainers", number, *below)


def _notebook(rest: Sequence[str | int], storage: Storage) -> Path:
    match rest:
        case ["image"]:
            return ("image",)
        case ["args", *below]:
            return ("config", "labStartCommand", *below)
    mount = _mount(rest, storage.config.volume_mounts)
    return ("config", *mount) if mount else ()
