"""The files that labbuilder ships, read when it is imported.

No function below the edge opens a file: everything that a compilation needs is in memory. The
texts are small, less than a megabyte together, and are parsed on first use.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

__all__ = ["DEFAULT_SITE", "SCHEMAS", "TEMPLATES", "read_folder"]

_PACKAGE = Path(__file__).parent


def read_folder(folder: Path, suffix: str) -> dict[str, str]:
    """Read a folder's files that end with a suffix: their texts by name, in alphabetical order.

    It raises OSError for what can't be read, and UnicodeDecodeError if a file isn't UTF-8.
    """
    return {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted(folder.iterdir())
        if path.name.endswith(suffix) and path.is_file()
    }


def _shipped(name: str, suffix: str) -> Mapping[str, str]:
    """Read a folder that is inside an installed package, and beside it in a checkout."""
    inside = _PACKAGE / f"_{name}"
    folder = inside if inside.is_dir() else _PACKAGE.parent / name
    return MappingProxyType(read_folder(folder, suffix))


TEMPLATES = _shipped("templates", ".yaml")
"""Fragments by file name."""

SCHEMAS = _shipped("schemas", ".json")
"""JSON text of the schema bundles by file name."""

DEFAULT_SITE = (_PACKAGE / "default-site.yaml").read_text(encoding="utf-8")
"""YAML text of the default configuration."""
