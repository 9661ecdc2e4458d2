"""Manifests without the values of secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labbuilder.credentials import is_credential, mask_urls
from labbuilder.manifest import MASK
from labbuilder.names import LAST_APPLIED_ANNOTATION
from labbuilder.output.text import too_deep

__all__ = ["redact"]

# A Secret's fields, and those of kinds that are unknown; mappings whose keys say what their
# values are.
_SECRET = {"data", "stringData"}
_BY_KEY = {"annotations", "binaryData", "data"}
_NSS = {"passwd", "group"}  # files without passwords, in a ConfigMap of their own


def redact(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a manifest without secrets' values.

    Parameters
    ----------
    manifest
        An object; it is not changed.

    Returns
    -------
    dict
        A copy with asterisks for

        - every value under ``data`` and ``stringData`` of a Secret, and of any kind but a
          ConfigMap;
        - values whose names say that they are credentials, as `labbuilder.credentials` reads them:
          data of a ConfigMap, annotations, and variables and headers of containers;
        - the annotation in which ``kubectl apply`` keeps a copy of the object;
        - credentials in URLs anywhere, such as the password in ``https://user:password@host``.
    """
    is_secret = manifest.get("kind") != "ConfigMap"
    try:
        return {
            key: _masked(value) if is_secret and key in _SECRET else _redacted(value, key)
            for key, value in manifest.items()
        }
    except RecursionError:
        raise too_deep(manifest) from None


def _masked(value: Any) -> Any:
    if value is None:
        return None
    return dict.fromkeys(value, MASK) if isinstance(value, dict) else MASK


def _redacted(value: Any, field: str) -> Any:
    """Copy a value without credentials; `field` is the key that holds it."""
    if isinstance(value, str):
        return mask_urls(value)
    if isinstance(value, list):
        return [_redacted(item, "") for item in value]
    if not isinstance(value, dict):
        return value
    masked = _credentials(value) if field in _BY_KEY else set()
    if "value" in value and isinstance(value.get("name"), str) and is_credential(value["name"]):
        masked.add("value")  # of a variable or a header
    return {
        key: MASK if key in masked and item is not None else _redacted(item, key)
        for key, item in value.items()
    }


def _credentials(value: Mapping[str, Any]) -> set[str]:
    """Find the keys whose values are credentials."""
    if value.keys() == _NSS:
        return set()
    return {key for key in value if key == LAST_APPLIED_ANNOTATION or is_credential(str(key))}
