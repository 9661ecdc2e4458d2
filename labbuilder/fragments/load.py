"""Loads the fragments: labbuilder's own, and those of a site."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from os import PathLike
from pathlib import Path

from labbuilder import data
from labbuilder.errors import Finding, LabBuilderError, shown
from labbuilder.fragments.engine import Fragments

__all__ = ["Templates", "load_fragments"]

Templates = Mapping[str, str] | PathLike[str] | str | None


def load_fragments(templates: Templates) -> Fragments:
    """Load our fragments and a site's own, which are given by file name or as a folder.

    It raises `LabBuilderError` if the folder can't be read, or a fragment is not a Jinja template.
    """
    if templates is None:
        return _shipped()
    if isinstance(templates, Mapping):
        if not all(isinstance(text, str) for item in templates.items() for text in item):
            message = "fragments must be text by file name"
            raise LabBuilderError([Finding("unreadable-templates", message)])
        return Fragments(data.TEMPLATES, templates)
    if templates == "":
        message, hint = "the folder of fragments has an empty name", "name a folder, or omit it"
        raise LabBuilderError([Finding("unreadable-templates", message, hint=hint)])
    try:
        own = data.read_folder(Path(templates), ".yaml")
    except (OSError, ValueError, TypeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        message = f"the folder of fragments {shown(str(templates))} can't be read: {reason}"
        raise LabBuilderError([Finding("unreadable-templates", message)]) from None
    return Fragments(data.TEMPLATES, own, str(templates))


@cache
def _shipped() -> Fragments:
    return Fragments(data.TEMPLATES)
