"""The files that a file name, a folder or a glob pattern stands for."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path

from labbuilder.errors import Finding, shown
from labbuilder.users.access import Access, is_below, resolve

__all__ = ["SUFFIXES_OF_LINES", "find_files"]

SUFFIXES_OF_LINES = {".jsonl", ".ndjson"}
"""Of files with one JSON document on each line."""

_SUFFIXES = {".json", ".yaml", ".yml", *SUFFIXES_OF_LINES}
_ANY_DEPTH = "**"


def find_files(name: str, access: Access) -> Iterator[Path | Finding]:
    """Yield the file of that name, or the files of a folder or a pattern, in order.

    A folder stands for all YAML and JSON files below it except hidden ones. Neither that nor
    ``**`` follows links to folders. A link to a file is read if that is below the folder, as in a
    volume of Kubernetes, or if `access` allows it; otherwise it is a finding. It raises OSError
    if a folder can't be read.
    """
    path = Path(name)
    if path.is_dir():
        found = {each for each in _walk(path) if each.suffix in _SUFFIXES}
    elif glob.has_magic(name) and not path.exists():
        found = {each for each in _matches(name) if each.is_file()}
        path = _fixed_part(path)
    else:
        yield path
        return
    folder = resolve(path) or ""
    for each in sorted(found):
        real = resolve(each) or ""
        if is_below(real, (folder,)) or access.allows_file(real):
            yield each
        else:
            message = f"{shown(str(each))} is a link to a file that may not be read"
            hint = "allow its folder with --allow-files DIR, or remove the link"
            yield Finding("file-not-allowed", message, hint=hint)


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, but no hidden ones, and none of linked folders."""
    for parent in _folders(folder):
        for each in parent.iterdir():
            if not each.name.startswith(".") and each.is_file():
                yield each


def _folders(top: Path) -> Iterator[Path]:
    """Yield a folder and the folders below it, except hidden ones and links."""
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        yield folder
        with os.scandir(folder) as entries:
            waiting += [
                folder / each.name
                for each in entries
                if not each.name.startswith(".") and each.is_dir(follow_symlinks=False)
            ]


def _matches(pattern: str) -> set[Path]:
    """Return the paths that match a pattern; ``**`` at its end matches files.

    `glob.glob` follows links in ``**``, without end if they lead back.
    """
    steps = Path(pattern).parts
    if _ANY_DEPTH not in steps:
        return {Path(each) for each in glob.glob(pattern)}  # noqa: PTH207 (Path.glob takes no absolute pattern)
    index = steps.index(_ANY_DEPTH)
    rest = [each for each in steps[index + 1 :] if each != _ANY_DEPTH] or ["*"]
    tops = glob.glob(str(Path(*steps[:index]))) if index else ["."]  # noqa: PTH207 (as above)
    return {
        path
        for top in tops
        if Path(top).is_dir()
        for folder in _folders(Path(top))
        for path in _matches(str(Path(glob.escape(str(folder)), *rest)))
    }


def _fixed_part(pattern: Path) -> Path:
    """Return the folder that a pattern names before its first wildcard."""
    return next(each for each in pattern.parents if not glob.has_magic(str(each)))
