"""Containers that a site adds to its labs."""

from __future__ import annotations

from labbuilder.models.base import DnsLabel, Model, Text
from labbuilder.models.image import ContainerImage
from labbuilder.models.volume import VolumeMount

__all__ = ["InitContainer"]


class InitContainer(Model):
    """A container that runs before the lab."""

    name: DnsLabel
    image: ContainerImage
    command: tuple[Text, ...] | None = None
    privileged: bool = False
    volume_mounts: tuple[VolumeMount, ...] = ()
