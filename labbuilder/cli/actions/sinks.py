"""Where rendered labs go: standard output, or a folder with one file per object."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

import typer

from labbuilder.cli.streams import EXIT_ERROR, say, standard_output
from labbuilder.errors import Finding
from labbuilder.output import LIST_END, LIST_START

__all__ = ["FolderSink", "StreamSink", "spool"]

_MAX_IN_MEMORY = 8 * 1024**2  # characters; more than that goes to a file


def spool() -> SpooledTemporaryFile[str]:
    """Make a temporary file for labs that are written at the end."""
    return SpooledTemporaryFile(_MAX_IN_MEMORY, "w+", encoding="utf-8", newline="")


class StreamSink:
    """Standard output, in a format; labs in `kept` are written by `finish`, others at once."""

    def __init__(self, form: str, kept: IO[str] | None) -> None:
        self._kept = kept
        self._is_json = form == "json"
        self._separator = {"yaml": "---\n", "json": ",\n", "ndjson": ""}[form]
        self._is_empty = True

    def add(self, texts: Mapping[str, str]) -> Sequence[Finding]:
        """Add a lab."""
        text = texts[""]
        if self._is_json:
            text = text.removeprefix(LIST_START).removesuffix(LIST_END)
        start = LIST_START if self._is_json else ""
        self._write(f"{start if self._is_empty else self._separator}{text}")
        self._is_empty = False
        return ()

    def finish(self) -> None:
        """Write the labs that were kept."""
        if self._is_json:
            self._write(f"{LIST_START}{LIST_END}" if self._is_empty else LIST_END)
        if self._kept:
            self._kept.seek(0)
            shutil.copyfileobj(self._kept, standard_output())
        standard_output().flush()

    def _write(self, text: str) -> None:
        (self._kept or standard_output()).write(text)


class FolderSink:
    """A folder with one file per object; labs are in `kept` until `finish` writes them."""

    def __init__(self, folder: Path, kept: IO[str]) -> None:
        self._folder = folder
        self._kept = kept
        self._namespaces: set[str] = set()

    def add(self, texts: Mapping[str, str]) -> Sequence[Finding]:
        """Add a lab; refuse one whose folder another lab has."""
        namespaces = {str(Path(name).parent) for name in texts}
        if taken := namespaces & self._namespaces:
            message, hint = f"folder {min(taken)} already has a lab", "remove one of the two users"
            return [Finding("duplicate-object", message, hint=hint)]
        self._namespaces |= namespaces
        self._kept.write(json.dumps(dict(texts)) + "\n")
        return ()

    def finish(self) -> None:
        """Write the files, unless the folders have others, which would be applied too."""
        leftovers = sorted(path for texts in self._labs() for path in self._leftovers(texts))
        for path in leftovers:
            say(f"{path}: is left over from an earlier run; remove it")
        if leftovers:
            raise typer.Exit(EXIT_ERROR)
        for texts in self._labs():
            for name, text in texts.items():
                self._write(self._folder / name, text)

    def _labs(self) -> Iterator[Mapping[str, str]]:
        self._kept.seek(0)
        return (json.loads(line) for line in self._kept)

    def _leftovers(self, texts: Mapping[str, str]) -> Iterator[Path]:
        known = {self._folder / name for name in texts}
        for parent in {path.parent for path in known}:
            for path in parent.iterdir() if parent.is_dir() else ():
                if path.suffix in {".yaml", ".json"} and path not in known:
                    yield path

    @staticmethod
    def _write(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if "-secret-" in path.name:
            path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
