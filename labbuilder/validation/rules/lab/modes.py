"""Checks that volumes are used as their claims are made: as file systems, or as block devices."""

from __future__ import annotations

from labbuilder.errors import Path, shown
from labbuilder.validation.rules.lab.surroundings import Surroundings
from labbuilder.validation.rules.rule import Complaints, Object, Rule, Stop

__all__ = ["volume_modes"]

WRONG_VOLUME_MODE = Rule(
    "wrong-volume-mode",
    "a container mounts a block device, or uses a file system as a device",
    "the check of volumeMode in WaitForAttachAndMount",
    Stop.KUBELET,
    guarded=False,
)


def volume_modes(
    path: Path, container: Object, spec: Object, surroundings: Surroundings
) -> Complaints:
    """Check the volumes of a container whose claims are here."""
    for field, wanted in (("volumeMounts", "Filesystem"), ("volumeDevices", "Block")):
        used = container.get(field)
        if not used:
            continue
        modes = {
            volume["name"]: mode
            for volume in spec.get("volumes", ())
            if (mode := _mode(volume, surroundings))
        }
        for i, each in enumerate(used):
            mode = modes.get(each["name"], wanted)
            if mode != wanted and mode in {"Block", "Filesystem"}:
                message = f"the claim of volume {shown(each['name'])} has volumeMode {mode}"
                hint = f"use {'volumeDevices' if mode == 'Block' else 'volumeMounts'}"
                yield WRONG_VOLUME_MODE.complaint(message, hint, (*path, field, i, "name"))


def _mode(volume: Object, surroundings: Surroundings) -> str:
    """Return the mode of a volume's claim; empty if that is unknown."""
    if "ephemeral" in volume:
        claim = volume["ephemeral"].get("volumeClaimTemplate")
    else:
        name = volume.get("persistentVolumeClaim", {}).get("claimName", "")
        claim = surroundings.objects.get(("PersistentVolumeClaim", name))
    found: str = claim.get("spec", {}).get("volumeMode", "Filesystem") if claim else ""
    return found
