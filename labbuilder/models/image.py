"""Container images: the lab's, and those of init containers."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, model_validator

from labbuilder.models.base import Model, Text, matching, refused
from labbuilder.models.tag import display_name

__all__ = ["ContainerImage", "Image", "PullPolicy"]

_DOMAIN = (
    r"(?:[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?)*"
)
_REGISTRY = re.compile(rf"{_DOMAIN}(?::[0-9]{{1,5}})?")
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][-A-Za-z0-9_.]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_MAX_NAME = 255
_MAX_REFERENCE = 1000


def _is_repository(text: str) -> bool:
    """Tell whether this is an image's name, with or without a registry before it."""
    registry, _, rest = text.partition("/")
    known = "." in registry or ":" in registry or registry == "localhost"
    path = rest if known and rest else text
    named = not (known and rest) or bool(_REGISTRY.fullmatch(registry))
    return len(text) <= _MAX_NAME and named and bool(_PATH.fullmatch(path))


def _is_path(text: str) -> bool:
    return len(text) <= _MAX_NAME and bool(_PATH.fullmatch(text))


def _is_registry(text: str) -> bool:
    return len(text) <= _MAX_NAME and bool(_REGISTRY.fullmatch(text))


Registry = Annotated[
    str,
    AfterValidator(
        matching(_is_registry, "invalid-image", "a registry", "write a host, or host:port")
    ),
]
ImagePath = Annotated[
    str,
    AfterValidator(
        matching(
            _is_path,
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
            _is_repository,
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
            lambda text: bool(_TAG.fullmatch(text)),
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
            lambda text: bool(_DIGEST.fullmatch(text)),
            "invalid-image",
            "a digest",
            "write sha256: and 64 hexadecimal digits in lower case",
        )
    ),
]

_REFERENCE = re.compile(
    r"(?P<registry>localhost|[^/@]*[.:][^/@]*)/(?P<repository>[^:@]+):(?P<tag>[^@]+)@(?P<digest>.+)"
)


class PullPolicy(StrEnum):
    """When a node pulls an image."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


class ContainerImage(Model):
    """The image of an init container.

    Attributes
    ----------
    repository
        Registry and name, without the tag: ``registry.example/tools/warm-cache``.
    tag
        The tag, in quotes if it looks like a number.
    pull_policy
        When a node pulls it.
    """

    repository: Repository
    tag: Tag
    pull_policy: PullPolicy = PullPolicy.IF_NOT_PRESENT

    @property
    def reference(self) -> str:
        """``repository:tag``."""
        return f"{self.repository}:{self.tag}"


class Image(Model):
    """The image of a lab.

    Attributes
    ----------
    registry
        The host that it is pulled from, with or without a port.
    repository
        Its name there.
    tag
        Its tag.
    digest
        ``sha256:`` and 64 hexadecimal digits.
    display_name
        The image for people; derived from the tag where it isn't given.
    """

    registry: Registry
    repository: ImagePath
    tag: Tag
    digest: Digest
    display_name: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_reference(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        match = _REFERENCE.fullmatch(value) if len(value) <= _MAX_REFERENCE else None
        if not match:
            refused(
                "invalid-image",
                "is not a whole image reference",
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
