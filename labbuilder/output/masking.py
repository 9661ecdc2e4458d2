"""Manifests without the values of secrets."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from labbuilder.manifest import MASK
from labbuilder.output.text import too_deep

__all__ = ["redact"]


def redact(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a manifest without secrets' values.

    Parameters
    ----------
    manifest
        An object; it is not changed.

    Returns
    -------
    dict
        A copy with asterisks for every value under ``data`` and ``stringData`` of a Secret, and
        for those of a ConfigMap whose key ends in ``_TOKEN``.
    """
    try:
        redacted = copy.deepcopy(dict(manifest))
    except RecursionError:
        raise too_deep(manifest) from None
    if redacted.get("kind") == "Secret":
        for field in ("data", "stringData"):
            values = redacted.get(field)
            if isinstance(values, dict):
                redacted[field] = dict.fromkeys(values, MASK)
            elif values is not None:
                redacted[field] = MASK
    elif redacted.get("kind") == "ConfigMap" and isinstance(redacted.get("data"), dict):
        # JupyterHub hands labs its tokens in their environment.
        redacted["data"] |= {key: MASK for key in redacted["data"] if key.endswith("_TOKEN")}
    return redacted
