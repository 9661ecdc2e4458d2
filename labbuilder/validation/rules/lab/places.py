"""Rules about the volumes that mounts name, and the places where they stand."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from labbuilder.errors import Path, shown
from labbuilder.names import normal_path
from labbuilder.validation.rules.lab.surroundings import Manifest
from labbuilder.validation.rules.rule import Complaint, Stop, rule

__all__ = ["UNKNOWN_VOLUME", "mounts"]

UNKNOWN_VOLUME = rule(
    "unknown-volume", "a mount names a volume that the pod doesn't have", "ValidateVolumeMounts"
)
SHADOWED_MOUNT = rule(
    "shadowed-mount",
    "a mount hides another, or lies below one that is a file",
    "the runtime's order of mounts",
    Stop.KUBELET,
)


def mounts(
    path: Path, container: Manifest, volumes: Mapping[str, Manifest]
) -> Iterator[tuple[Path, Complaint]]:
    """Judge the mounts of a container."""
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
