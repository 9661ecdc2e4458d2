"""Container images: the lab's, and those of init containers."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import model_validator

from labbuilder.images import is_digest, is_registry, is_repository, is_tag, parse_image
from labbuilder.models.base import Model, Text, matching, refused
from labbuilder.models.tag import display_name

__all__ = ["ContainerImage", "Image", "PullPolicy"]

_MAX_REFERENCE = 1000  # characters of a lab's image
_PARTS = re.compile(
    r"(?P<registry>localhost|[^/@]*[.:][^/@]*)/(?P<repository>[^:@]+):(?P<tag>[^@]+)@(?P<digest>.+)"
)


def _is_name(text: str) -> bool:
    """Return whether this is an image's name, with or without a registry before it."""
    parsed = parse_image(text)
    return bool(parsed and not parsed.tag and not parsed.digest)


# fmt: off
Registry = Annotated[str, matching(
    is_registry, "invalid-image", "registry", "use a host name, and a port if needed")]
ImagePath = Annotated[str, matching(
    is_repository, "invalid-image", "repository",
    'use lowercase letters and digits, separated by "-", "_", "." or "/"')]
Repository = Annotated[str, matching(
    _is_name, "invalid-image", "repository",
    "use registry/name without the tag, in lowercase letters and digits")]
Tag = Annotated[str, matching(
    is_tag, "invalid-image", "tag",
    'use letters, digits, "-", "_" and ".", at most 128 characters')]
Digest = Annotated[str, matching(
    is_digest, "invalid-image", "digest", 'use "sha256:" and 64 lowercase hexadecimal digits')]
# fmt: on


class PullPolicy(StrEnum):
    """When a node pulls an image."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


class ContainerImage(Model):
    """The image of an init container."""

    repository: Repository
    """Registry and repository without the tag, such as `registry.example/tools/warm-cache`."""
    tag: Tag
    """Tag of the image; in quotes if it looks like a number."""
    pull_policy: PullPolicy = PullPolicy.IF_NOT_PRESENT
    """When a node pulls the image."""

    @property
    def reference(self) -> str:
        """``repository:tag``."""
        return f"{self.repository}:{self.tag}"


class Image(Model):
    """The image of a lab."""

    registry: Registry
    """Host of the registry, with a port if it needs one, such as `registry.example:5000`."""
    repository: ImagePath
    """Repository in the registry, such as `lab/notebook`."""
    tag: Tag
    """Tag of the image."""
    digest: Digest
    """Digest of the image: `sha256:` and 64 hexadecimal digits."""
    display_name: Text | None = None
    """Name of the image as people read it; derived from the tag by default."""

    @model_validator(mode="before")
    @classmethod
    def _from_reference(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        short = value[: _MAX_REFERENCE + 1]
        parsed = parse_image(short)
        if parsed and all(parsed):
            return parsed._asdict()
        match = _PARTS.fullmatch(short)  # so that the message names the part that isn't valid
        if not match or short != value or "://" in value:  # which may have a password
            refused(
                "invalid-image",
                "is not a complete image reference",
                "use registry/repository:tag@sha256:DIGEST",
            )
        return match.groupdict()

    @property
    def reference(self) -> str:
        """``registry/repository:tag``."""
        return f"{self.registry}/{self.repository}:{self.tag}"

    @property
    def reference_with_digest(self) -> str:
        """``registry/repository:tag@digest``."""
        return f"{self.reference}@{self.digest}"

    @property
    def description(self) -> str:
        """The given display name, or else the one of the tag."""
        return self.display_name or display_name(self.tag)
