"""Checks of the volumes that mounts name, and of where they are mounted."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from labbuilder.errors import Path, shown
from labbuilder.names import normal_path
from labbuilder.validation.rules.fields.volumes import UNKNOWN_VOLUME
from labbuilder.validation.rules.rule import Complaints, Object, Rule, Stop

__all__ = ["mounts"]

SHADOWED_MOUNT = Rule(
    "shadowed-mount",
    "two mounts have the same path in different spellings, or one is below a mounted file",
    "the runtime's order of mounts",
    Stop.KUBELET,
    guarded=False,
)


def mounts(path: Path, container: Object, volumes: Mapping[str, Object]) -> Complaints:
    """Check the mounts of the container at a path."""
    mounts = container.get("volumeMounts", ())
    places: dict[str, int] = {}
    files = set()
    for i, mount in enumerate(mounts):
        at = (*path, "volumeMounts", i)
        place = normal_path(mount["mountPath"])
        if mount["name"] not in volumes:
            message = f"the pod has no volume {shown(mount['name'])}"
            hint = f"use one of {', '.join(volumes)}" if volumes else "add the volume"
            yield UNKNOWN_VOLUME.complaint(message, hint, (*at, "name"))
        elif _is_file(mount, volumes[mount["name"]]):
            files.add(place)
        if place in places and mounts[places[place]]["mountPath"] != mount["mountPath"]:
            message = f"is the same path as volumeMounts[{places[place]}]"
            yield SHADOWED_MOUNT.complaint(message, "remove one of them", (*at, "mountPath"))
        places.setdefault(place, i)
    for place, i in places.items():
        parent = posixpath.dirname(place)
        while parent not in files and parent != "/":
            parent = posixpath.dirname(parent)
        if parent in files:
            message = f"is below {shown(parent)}, which is a file"
            at = (*path, "volumeMounts", i)
            hint = "mount one of them elsewhere"
            yield SHADOWED_MOUNT.complaint(message, hint, (*at, "mountPath"))


def _is_file(mount: Object, volume: Object) -> bool:
    """Return whether a mount is of one of the files that the volume's items make."""
    items = [
        item
        for source in ("configMap", "secret", "downwardAPI")
        for item in volume.get(source, {}).get("items", ())
    ]
    return any(item["path"] == mount.get("subPath") for item in items)
