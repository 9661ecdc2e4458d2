"""Containers that a site adds to its labs."""

from __future__ import annotations

from labbuilder.models.base import DnsLabel, Model, Text
from labbuilder.models.image import ContainerImage
from labbuilder.models.volume import VolumeMount

__all__ = ["InitContainer"]


class InitContainer(Model):
    """A container that runs before the lab.

    Attributes
    ----------
    name
        Its name, a DNS label.
    image
        Its image.
    command
        What it runs; what the image says where it isn't given.
    privileged
        Whether it runs as root, and privileged, rather than as the user.
    volume_mounts
        Where it sees volumes; it has only these mounts.
    """

    name: DnsLabel
    image: ContainerImage
    command: tuple[Text, ...] | None = None
    privileged: bool = False
    volume_mounts: tuple[VolumeMount, ...] = ()
