"""Manifests that are in the files and aren't judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labbuilder.manifest import kind_of
from labbuilder.validation import schemas

__all__ = ["Skipping"]


@dataclass(frozen=True, slots=True)
class Skipping:
    """Which manifests aren't judged. Others may refer to them all the same.

    Attributes
    ----------
    kinds
        Kinds such as ``Deployment``, in every API group, or ``apps/v1/Deployment``.
    missing_schemas
        Whether those whose kind has no schema are skipped.
    """

    kinds: frozenset[str] = frozenset()
    missing_schemas: bool = False

    def includes(self, manifest: Mapping[str, Any]) -> bool:
        """Return whether a manifest isn't judged."""
        kind = manifest.get("kind")
        if not kind or not isinstance(kind, str) or not manifest.get("apiVersion"):
            return False
        full = kind_of(manifest)
        return bool({kind, full} & self.kinds) or (
            self.missing_schemas and not schemas.has_kind(full)
        )
