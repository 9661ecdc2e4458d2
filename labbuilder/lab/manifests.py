"""Renders manifests: values become facts, and these manifests, by the catalogue's fragments.

This is the plain way. `labbuilder.lab.plan` renders once what many labs have in common.
"""

from __future__ import annotations

from typing import Any

from labbuilder.errors import Finding, LabBuilderError
from labbuilder.fragments import Fragments
from labbuilder.lab.catalog import CATALOG
from labbuilder.lab.facts import derive_facts
from labbuilder.lab.storage import Storage
from labbuilder.lab.values import LabValues
from labbuilder.models.size import LabSizeDefinition

__all__ = ["Parts", "render_manifests"]

Parts = dict[str, Any]
"""The manifests by the attribute of `labbuilder.lab.objects.LabObjects`."""


def render_manifests(
    fragments: Fragments,
    storage: Storage,
    size: LabSizeDefinition,
    pull_secret_type: str | None,
    values: LabValues,
) -> Parts:
    """Render the manifests of a lab; raise `LabBuilderError` if a fragment is wrong."""
    facts = derive_facts(storage, size, pull_secret_type, values)
    # Only the fragment of a Secret is given its data.
    variables = {name: value for name, value in vars(facts).items() if name != "secrets"}
    parts: Parts = {}
    for entry in CATALOG:
        made = [
            fragments.render(entry.fragment, {**variables, **each}) for each in entry.each(facts)
        ]
        if not all(isinstance(manifest, dict) for manifest in made):
            message = f"fragment {entry.fragment} must render a mapping"
            raise LabBuilderError([Finding("template-error", message, hint="fix the fragment")])
        parts[entry.part] = made if entry.many else (made[0] if made else None)
    return parts
