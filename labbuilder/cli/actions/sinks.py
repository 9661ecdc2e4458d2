"""Where rendered labs go: standard output, or a folder with one file per object."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

import typer

from labbuilder.cli.streams import EXIT_ERROR, say, standard_output
from labbuilder.output import LIST_END, LIST_START
from labbuilder.output.folder import Files, write_rendering
from labbuilder.output.ledger import RenderingError
from labbuilder.users.render import Rendered

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

    def add(self, lab: Rendered) -> None:
        """Add a lab."""
        text = (lab.texts or {})[""]
        if self._is_json:
            text = text.removeprefix(LIST_START).removesuffix(LIST_END)
        start = LIST_START if self._is_json else ""
        self._write(f"{start if self._is_empty else self._separator}{text}")
        self._is_empty = False

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

    def add(self, lab: Rendered) -> None:
        """Add a lab, whose namespace no other lab has."""
        texts = lab.texts or {}
        files = {name: (text, name in lab.private) for name, text in texts.items()}
        self._kept.write(json.dumps(files) + "\n")

    def finish(self) -> None:
        """Write the files, or none and exit if that isn't safe."""
        try:
            write_rendering(self._folder, self._labs)
        except RenderingError as error:
            for line in error.lines:
                say(line)
            raise typer.Exit(EXIT_ERROR) from None

    def _labs(self) -> Iterator[Files]:
        self._kept.seek(0)
        return (json.loads(line) for line in self._kept)
