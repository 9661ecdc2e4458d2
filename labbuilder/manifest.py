"""A Kubernetes object in plain dicts: its kind, its name and its labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labbuilder.credentials import MASK, mask_urls
from labbuilder.errors import Path

__all__ = [
    "CONTAINER_LISTS",
    "MASK",
    "MAX_SHORTENED",
    "Manifest",
    "containers",
    "identity",
    "kind_of",
    "labels_of",
    "metadata_of",
    "namespace_field",
    "namespace_of",
    "object_name",
    "own_namespace",
    "shorten",
]

Manifest = dict[str, Any]
"""A Kubernetes object in JSON types."""

CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")
"""The fields of a pod's spec that list containers."""

MAX_SHORTENED = 60
"""Characters of a name in a finding."""


def kind_of(manifest: Mapping[str, Any]) -> str:
    """Return a manifest's kind with its version, as the bundles name it: ``v1/Pod``."""
    return f"{manifest.get('apiVersion')}/{manifest.get('kind')}"


def identity(manifest: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Return what identifies an object: API group, kind, namespace and name."""
    metadata = manifest["metadata"]
    group = str(manifest.get("apiVersion")).rpartition("/")[0]
    return group, manifest["kind"], metadata.get("namespace") or "", metadata["name"]


def metadata_of(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the metadata of anything that may be a manifest; empty if it has none."""
    metadata = manifest.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def namespace_of(manifest: Mapping[str, Any]) -> str:
    """Return a manifest's namespace; empty if it has none."""
    found: str = manifest["metadata"].get("namespace", "")
    return found


def namespace_field(manifest: Mapping[str, Any]) -> str:
    """Return the field of the metadata that names the namespace: of a Namespace, its own name."""
    return "name" if manifest.get("kind") == "Namespace" else "namespace"


def own_namespace(manifest: Mapping[str, Any]) -> str:
    """Return the namespace that an object is in, or is; empty if there is none."""
    return str(metadata_of(manifest).get(namespace_field(manifest)) or "")


def labels_of(manifest: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the labels of a manifest."""
    found: Mapping[str, str] = manifest["metadata"].get("labels", {})
    return found


def containers(
    spec: Mapping[str, Any], path: Path = (), lists: Sequence[str] = CONTAINER_LISTS[:2]
) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """List the containers of a pod's spec with their paths, which start with the spec's."""
    for field in lists:
        for i, container in enumerate(spec.get(field, ())):
            yield (*path, field, i), container


def object_name(manifest: Mapping[str, Any]) -> str:
    """Return a manifest's name for a finding: ``Pod/vera-nb``."""
    names = (manifest.get("kind"), metadata_of(manifest).get("name"))
    return "/".join(shorten(name) for name in names if name and isinstance(name, str))


def shorten(text: str) -> str:
    """Shorten a name for a finding, and mask the password of a URL in it."""
    text = mask_urls(text)
    return text if len(text) <= MAX_SHORTENED else f"{text[: MAX_SHORTENED - 1]}…"
