"""What commands read and write: files, standard streams, findings, the exit status."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

import typer

if TYPE_CHECKING:
    from labbuilder.errors import Finding

__all__ = [
    "EXIT_ERROR",
    "EXIT_FINDINGS",
    "ClosedStream",
    "fail",
    "has_colour",
    "print_findings",
    "say",
    "standard_output",
    "write",
    "writing",
]

EXIT_FINDINGS = 1
"""The exit status if the answer is no: findings, or changes."""

EXIT_ERROR = 2
"""The exit status if the command could not do its work."""


class ClosedStream(io.TextIOWrapper):
    """Stands for a standard stream that is closed: what is written to it raises OSError."""

    def __init__(self, name: str) -> None:
        super().__init__(_Closed(name), encoding="utf-8", write_through=True)


class _Closed(io.RawIOBase):
    def __init__(self, name: str) -> None:
        self.name = name

    def writable(self) -> bool:
        return True

    def write(self, _data: object) -> NoReturn:
        raise OSError(errno.EBADF, f"{self.name} is closed")


def standard_output() -> TextIO:
    """Return standard output; raise OSError if it is closed."""
    if not sys.stdout or isinstance(sys.stdout, ClosedStream):
        raise OSError(errno.EBADF, "standard output is closed")
    return sys.stdout


def write(text: str) -> None:
    """Write to standard output, and flush it."""
    standard_output().write(text)
    sys.stdout.flush()


def say(text: str) -> None:
    """Write a line to standard error, made visible."""
    from labbuilder.escape import line  # noqa: PLC0415 (see cli.options)

    typer.echo(line(text), err=True)


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Exit with a one-line message if `what` can't be written; `main` handles a closed pipe."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        message = f"{where}{what} can't be written: {error.strerror}"
        if error.filename and isinstance(error, FileExistsError | NotADirectoryError):
            path = Path(error.filename)
            file = next((each for each in (path, *path.parents) if each.is_file()), path)
            message = f"{str(file)!a} is a file, not a folder; name another folder"
        say(message)
        raise typer.Exit(EXIT_ERROR) from None


def has_colour() -> bool:
    """Return whether standard output takes colours."""
    return bool(sys.stdout and sys.stdout.isatty() and not os.environ.get("NO_COLOR"))


def print_findings(findings: Iterable[Finding]) -> None:
    """Write findings to standard error, one per line: the first ones, if there are very many."""
    from labbuilder.errors import MAX_SHOWN, bounded  # noqa: PLC0415 (commands start without)

    for finding in bounded(findings, MAX_SHOWN):
        say(str(finding))


def fail(findings: Iterable[Finding]) -> NoReturn:
    """Write findings to standard error, and exit."""
    print_findings(findings)
    raise typer.Exit(EXIT_ERROR)
