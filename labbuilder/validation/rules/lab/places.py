"""Checks of the volumes that mounts name, and of where they are mounted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from labbuilder.errors import Path, listed, shown
from labbuilder.names import normal_path
from labbuilder.validation.rules.fields.volumes import UNKNOWN_VOLUME
from labbuilder.validation.rules.rule import Complaints, Object, Rule, Stop

__all__ = ["file_paths", "mounts"]

SHADOWED_MOUNT = Rule(
    "shadowed-mount",
    "two mounts have the same path in different spellings, or one is below a mounted file",
    "the runtime's order of mounts",
    Stop.KUBELET,
    guarded=False,
)


def mounts(path: Path, container: Object, volumes: Mapping[str, AbstractSet[str]]) -> Complaints:
    """Check the mounts of the container at a path; the pod's volumes have `file_paths`."""
    mounts = container.get("volumeMounts", ())
    places: dict[str, int] = {}
    files = set()
    for i, mount in enumerate(mounts):
        at = (*path, "volumeMounts", i)
        place = normal_path(mount["mountPath"])
        if mount["name"] not in volumes:
            message = f"the pod has no volume {shown(mount['name'])}"
            hint = f"use one of {listed(volumes)}" if volumes else "add the volume"
            yield UNKNOWN_VOLUME.complaint(message, hint, (*at, "name"))
        elif mount.get("subPath") in volumes[mount["name"]]:
            files.add(place)
        if place in places and mounts[places[place]]["mountPath"] != mount["mountPath"]:
            message = f"is the same path as volumeMounts[{places[place]}]"
            yield SHADOWED_MOUNT.complaint(message, "remove one of them", (*at, "mountPath"))
        places.setdefault(place, i)
    above = _files_above(places, files) if files else {}
    for place, i in places.items():
        if place in above:
            message = f"is below {shown(above[place])}, which is a file"
            at = (*path, "volumeMounts", i)
            hint = "mount one of them elsewhere"
            yield SHADOWED_MOUNT.complaint(message, hint, (*at, "mountPath"))


def file_paths(volume: Object) -> AbstractSet[str]:
    """Collect the paths of the files that a volume's items make."""
    return {
        item["path"]
        for source in ("configMap", "secret", "downwardAPI")
        for item in volume.get(source, {}).get("items", ())
    }


def _files_above(places: Iterable[str], files: AbstractSet[str]) -> dict[str, str]:
    """Find the nearest file that each place is below, if there is one."""
    above = {"/": "/"} if "/" in files else {}  # no container can start with it
    stack: list[str] = []  # files, each below the one before
    # What is below a folder follows it.
    for folder, place in sorted((f"{place.rstrip('/')}/", place) for place in places):
        while stack and not folder.startswith(f"{stack[-1].rstrip('/')}/"):
            stack.pop()
        if stack:
            above[place] = stack[-1]
        if place in files:
            stack.append(place)
    return above
