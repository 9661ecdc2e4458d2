"""The grammar of image references, as kubelet and containerd read it.

It mirrors ``ParseNormalizedNamed`` of ``github.com/distribution/reference`` and ``Parse`` of
``github.com/opencontainers/go-digest``, except that a port has at most five digits and that a
registry has no underscore.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["is_digest", "is_registry", "is_repository", "is_tag", "parse_image"]

_LABEL = r"[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[A-Fa-f0-9:]+\])"
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"

_REGISTRY = re.compile(rf"{_HOST}(?::[0-9]{{1,5}})?")  # no port has more digits
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][-A-Za-z0-9_.]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}")
_IDENTIFIER = re.compile(r"[0-9a-f]{64}")  # of a local image, so that it can't name a repository

_MAX_LENGTH = 255


class ImageReference(NamedTuple):
    """The parts of an image reference; an absent part is empty."""

    registry: str  # a host, with or without a port
    repository: str  # the image's path in the registry
    tag: str
    digest: str


def parse_image(text: str) -> ImageReference | None:
    """Split ``registry/repository:tag@digest``, of which the repository alone is required.

    It returns None for what is not a valid image reference.
    """
    name, at, digest = text.partition("@")
    first, slash, rest = name.partition("/")
    # Any other first part belongs to a repository of the default registry.
    explicit = slash and (
        first == "localhost" or "." in first or ":" in first or first != first.lower()
    )
    registry, path = (first, rest) if explicit else ("", name)
    repository, colon, tag = path.partition(":")
    valid = (
        (not explicit or is_registry(registry))
        and is_repository(repository)
        and (not colon or is_tag(tag))
        and (not at or is_digest(digest))
        and not _IDENTIFIER.fullmatch(text)
    )
    return ImageReference(registry, repository, tag, digest) if valid else None


def is_registry(text: str) -> bool:
    """Return whether this is a registry: a host, with or without a port."""
    return len(text) <= _MAX_LENGTH and bool(_REGISTRY.fullmatch(text))


def is_repository(text: str) -> bool:
    """Return whether this is the path of an image in a registry."""
    return len(text) <= _MAX_LENGTH and bool(_REPOSITORY.fullmatch(text))


def is_tag(text: str) -> bool:
    """Return whether this is a tag."""
    return bool(_TAG.fullmatch(text))


def is_digest(text: str) -> bool:
    """Return whether this is a digest: an algorithm and its hexadecimal digits."""
    return bool(_DIGEST.fullmatch(text))
