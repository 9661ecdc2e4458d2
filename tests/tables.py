"""Tables of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["sentence", "table"]


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """Write a table; its head names the columns, separated by `|`."""
    columns = head.split("|")
    cells = ([sentence(cell).replace("|", r"\|") for cell in line] for line in rows)
    lines = [columns, ["---"] * len(columns), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def sentence(text: str) -> str:
    """Write the text of a docstring on one line."""
    line = " ".join(text.replace("``", "`").split())
    return re.sub(r"`labbuilder\.(?:\w+\.)*(\w+)`", r"`\1`", line)
