"""Container images: the lab's, and those of init containers."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, model_validator

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


Registry = Annotated[
    str,
    AfterValidator(
        matching(is_registry, "invalid-image", "a registry", "write a host, or host:port")
    ),
]
ImagePath = Annotated[
    str,
    AfterValidator(
        matching(
            is_repository,
            "invalid-image",
            "a repository",
            "use lower-case letters and digits, joined by -, _, . or /",
        )
    ),
]
Repository = Annotated[
    str,
    AfterValidator(
        matching(
            _is_name,
            "invalid-image",
            "a repository",
            "write registry/name without the tag, in lower-case letters and digits",
        )
    ),
]
Tag = Annotated[
    str,
    AfterValidator(
        matching(
            is_tag,
            "invalid-image",
            "a tag",
            "use at most 128 letters, digits, -, _ and .",
        )
    ),
]
Digest = Annotated[
    str,
    AfterValidator(
        matching(
            is_digest,
            "invalid-image",
            "a digest",
            "write sha256: and 64 hexadecimal digits in lower case",
        )
    ),
]


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
        if not match or short != value:
            refused(
                "invalid-image",
                "is not a complete image reference",
                "write registry/repository:tag@sha256:<digest>",
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
        """The given display name, or else what the tag tells."""
        return self.display_name or display_name(self.tag)
