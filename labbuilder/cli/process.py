"""The process of the command line: signals, and standard streams that are closed or full."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from labbuilder.cli.streams import EXIT_ERROR, ClosedStream

__all__ = ["end_on_signals", "exit_status", "open_streams"]


def open_streams() -> None:
    """Make standard output UTF-8, as YAML and JSON require, and replace closed streams."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # a file that is opened later must not take its place
            os.open(os.devnull, os.O_RDWR)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout = sys.stdout or ClosedStream("standard output")
    sys.stderr = sys.stderr or ClosedStream("standard error")


def end_on_signals() -> None:
    """Let the first signal to end raise SystemExit, to clean up; the second kills."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as for a shell's background jobs
            signal.signal(number, _end)


def _end(number: int, _frame: object) -> NoReturn:
    signal.signal(number, signal.SIG_DFL)
    raise SystemExit(128 + number)


def exit_status(run: Callable[[], object]) -> int | str | None:
    """Run the command line and return its exit status: `EXIT_ERROR` if a stream takes no more."""
    try:
        try:
            run()
            status: int | str | None = 0
        except SystemExit as end:
            if isinstance(end.__context__, OSError):  # Typer exits with 1 if a pipe is closed
                raise end.__context__ from None
            status = end.code
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError as error:
        _complain(error)
        return EXIT_ERROR
    return status


def _complain(error: OSError) -> None:
    """Say what is wrong, unless a reader has closed its pipe, and keep Python from saying so."""
    _mute("stdout")
    if error.errno != errno.EPIPE:
        where = f"{error.filename}: " if error.filename else ""
        with suppress(OSError):
            sys.stderr.write(f"{where}{error.strerror}\n")
    _mute("stderr")


def _mute(name: str) -> None:
    """Send what a stream still holds to nowhere if it takes no more."""
    stream = getattr(sys, name)
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
