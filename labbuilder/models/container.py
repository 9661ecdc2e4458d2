"""The containers that a site adds to its labs."""

from __future__ import annotations

from labbuilder.models.base import DnsLabel, Model, Text
from labbuilder.models.image import ContainerImage
from labbuilder.models.volume import VolumeMount

__all__ = ["InitContainer"]


class InitContainer(Model):
    """A container that runs before the lab's."""

    name: DnsLabel
    """Name of the container: a DNS label, and not one of the builder's own."""
    image: ContainerImage
    """Image of the container."""
    command: tuple[Text, ...] | None = None
    """Command and its arguments; the image's own command by default."""
    privileged: bool = False
    """Whether it runs privileged and as root, rather than as the user."""
    volume_mounts: tuple[VolumeMount, ...] = ()
    """Where it mounts volumes; it has no other mounts."""
