"""Where rendered labs go: standard output, or a file an object in a folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

import typer

from labbuilder.cli.streams import TROUBLE, standard_output
from labbuilder.errors import Finding
from labbuilder.output import LIST_END, LIST_START

__all__ = ["FolderSink", "StreamSink", "spool"]

_IN_MEMORY = 8 * 1024**2  # characters; what is more waits in a file


def spool() -> SpooledTemporaryFile[str]:
    """Make a file for what is kept until the end."""
    return SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="")


class StreamSink:
    """Standard output.

    Parameters
    ----------
    form
        The form of the texts.
    kept
        Where labs wait until `finish`; without it each is written at once.
    """

    def __init__(self, form: str, kept: IO[str] | None) -> None:
        self._kept = kept
        self._is_json = form == "json"
        self._between = {"yaml": "---\n", "json": ",\n", "ndjson": ""}[form]
        self._empty = True

    def add(self, texts: Mapping[str, str]) -> Sequence[Finding]:
        """Take a lab."""
        text = texts[""]
        if self._is_json:
            text = text.removeprefix(LIST_START).removesuffix(LIST_END)
        start = LIST_START if self._is_json else ""
        self._write(f"{start if self._empty else self._between}{text}")
        self._empty = False
        return ()

    def finish(self) -> None:
        """Write what was kept."""
        if self._is_json:
            self._write(f"{LIST_START}{LIST_END}" if self._empty else LIST_END)
        if self._kept:
            self._kept.seek(0)
            shutil.copyfileobj(self._kept, standard_output())
        standard_output().flush()

    def _write(self, text: str) -> None:
        (self._kept or standard_output()).write(text)


class FolderSink:
    """A folder, with a file for each object; written at the end.

    Parameters
    ----------
    folder
        The folder.
    kept
        Where labs wait until `finish`.
    """

    def __init__(self, folder: Path, kept: IO[str]) -> None:
        self._folder = folder
        self._kept = kept
        self._names: set[str] = set()

    def add(self, texts: Mapping[str, str]) -> Sequence[Finding]:
        """Take a lab, or complain of a file that another one has."""
        parents = {str(Path(name).parent) for name in texts}
        if twice := parents & self._names:
            message = f"two labs would be in the folder {min(twice)}"
            return [Finding("duplicate-object", message, hint="keep one of them")]
        self._names |= parents
        self._kept.write(json.dumps(dict(texts)) + "\n")
        return ()

    def finish(self) -> None:
        """Write the files, unless there are others which would be applied along with them."""
        left = sorted(path for texts in self._labs() for path in self._leftovers(texts))
        for path in left:
            typer.echo(f"{path}: would be left over from an earlier run; remove it", err=True)
        if left:
            raise typer.Exit(TROUBLE)
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
