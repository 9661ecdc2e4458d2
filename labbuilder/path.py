"""Paths of values in documents and objects, written as ``kubectl`` writes them."""

from __future__ import annotations

import json
import re

from labbuilder.credentials import mask_urls

__all__ = ["Item", "Path", "cut_path", "format_path"]

_MAX_KEY_LENGTH = 300  # characters of a key; Kubernetes' own have up to 317
_ITEM = re.compile(rf"[\w./:=@+-]{{1,{_MAX_KEY_LENGTH}}}", re.ASCII)

Path = tuple[str | int, ...]
"""Steps from the root of a document: keys of mappings and indices of lists."""


class Item(str):
    """A step of a path to an item of a list, by its name rather than its index."""

    __slots__ = ()


def cut_path(path: Path) -> Path:
    """Copy a path without the part of its keys that `format_path` doesn't show."""
    return tuple(
        type(step)(step[: _MAX_KEY_LENGTH + 1]) if isinstance(step, str) else step for step in path
    )


def format_path(path: Path) -> str:
    """Format a path as ``kubectl`` does: ``spec.containers[0].env``, ``env[DEBUG].value``.

    Parameters
    ----------
    path
        Steps from the root of a document.

    Returns
    -------
    str
        The path. A key that isn't a plain word is in brackets and quotes, and cut if it is long.
    """
    text = ""
    for step in path:
        if isinstance(step, int) or (isinstance(step, Item) and _ITEM.fullmatch(step)):
            text += f"[{step}]"
        elif (
            len(step) <= _MAX_KEY_LENGTH
            and not isinstance(step, Item)
            and step.isascii()
            and step.replace("-", "").replace("_", "").isalnum()
        ):
            text += f".{step}" if text else step
        else:
            masked = mask_urls(step)
            long = len(masked) > _MAX_KEY_LENGTH
            text += f"[{json.dumps(f'{masked[:_MAX_KEY_LENGTH]}...' if long else masked)}]"
    return text
