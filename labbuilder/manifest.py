"""A Kubernetes object in plain dicts: what it is, and what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "MASK",
    "MAX_SHORTENED",
    "Manifest",
    "identity",
    "kind_of",
    "labels_of",
    "namespace_of",
    "object_name",
    "shorten",
]

Manifest = dict[str, Any]
"""A Kubernetes object in JSON types."""

MASK = "**********"
"""What is written in place of a secret's value."""

MAX_SHORTENED = 60
"""Characters of a name that a finding repeats."""


def kind_of(manifest: Mapping[str, Any]) -> str:
    """Name a manifest's kind with its version, as the bundles do: ``v1/Pod``."""
    return f"{manifest.get('apiVersion')}/{manifest.get('kind')}"


def identity(manifest: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Give what tells an object from others: API group, kind, namespace and name."""
    metadata = manifest["metadata"]
    group = str(manifest.get("apiVersion")).rpartition("/")[0]
    return group, manifest["kind"], metadata.get("namespace") or "", metadata["name"]


def namespace_of(manifest: Mapping[str, Any]) -> str:
    """Give the namespace that a manifest names."""
    found: str = manifest["metadata"].get("namespace", "")
    return found


def labels_of(manifest: Mapping[str, Any]) -> Mapping[str, str]:
    """Give the labels of a manifest."""
    found: Mapping[str, str] = manifest["metadata"].get("labels", {})
    return found


def object_name(manifest: Mapping[str, Any]) -> str:
    """Name a manifest for a finding: ``Pod/vera-nb``."""
    metadata = manifest.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    parts = (part for part in (manifest.get("kind"), name) if part and isinstance(part, str))
    return "/".join(map(shorten, parts))


def shorten(text: str) -> str:
    """Cut a name that is too long to repeat."""
    return text if len(text) <= MAX_SHORTENED else f"{text[: MAX_SHORTENED - 1]}…"
