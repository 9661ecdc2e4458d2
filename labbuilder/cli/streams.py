"""What commands read and write: files, standard streams, complaints, the exit status."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

import typer

if TYPE_CHECKING:
    from labbuilder.errors import Finding

__all__ = [
    "FOUND",
    "TROUBLE",
    "colour",
    "give_up",
    "read_files",
    "say",
    "standard_output",
    "writing",
    "written",
]

FOUND = 1
"""The exit status of a command that judges, if it found something."""

TROUBLE = 2
"""The exit status if it couldn't be done."""


def read_files(files: Sequence[str]) -> dict[str, bytes]:
    """Read files whole, in order and once each; ``-`` is standard input, called ``<stdin>``.

    Raises
    ------
    LabBuilderError
        With every file that can't be read.
    """
    # Late here and in the commands, so that --help and completion don't wait for it.
    from labbuilder.documents.files import read, read_standard_input  # noqa: PLC0415
    from labbuilder.errors import LabBuilderError  # noqa: PLC0415

    texts: dict[str, bytes] = {}
    findings: list[Finding] = []
    for file in dict.fromkeys(files):
        try:
            if file == "-":
                texts["<stdin>"] = read_standard_input()
            else:
                texts[file] = read(Path(file))
        except LabBuilderError as error:
            findings += error.findings
    if findings:
        raise LabBuilderError(findings)
    return texts


def standard_output() -> TextIO:
    """Give standard output, or raise that whoever started us has closed it."""
    if not sys.stdout:
        raise OSError(errno.EBADF, "standard output is closed")
    return sys.stdout


def written(text: str) -> None:
    """Write to standard output, all of it now."""
    standard_output().write(text)
    sys.stdout.flush()


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Tell in a line that `what` can't be written, and exit; a closed pipe is for `main`."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(f"{where}{what} can't be written: {error.strerror}", err=True)
        raise typer.Exit(TROUBLE) from None


def colour() -> bool:
    """Say whether standard output is to be coloured."""
    return bool(sys.stdout and sys.stdout.isatty() and not os.environ.get("NO_COLOR"))


def say(findings: Sequence[Finding]) -> None:
    """Write complaints to standard error, a line each."""
    for finding in findings:
        typer.echo(str(finding), err=True)


def give_up(findings: Sequence[Finding]) -> NoReturn:
    """Write complaints to standard error, and exit."""
    say(findings)
    raise typer.Exit(TROUBLE)
