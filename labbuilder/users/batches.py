"""Input files, read in batches, and the processes that work on them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, TypeVar

from labbuilder.documents import MAX_VALUES, Document, load, load_manifests
from labbuilder.documents.files import MAX_FILE_BYTES, read, read_standard_input
from labbuilder.documents.lines import load_line
from labbuilder.errors import Finding, LabBuilderError, Source, shown
from labbuilder.output.ledger import find_unfinished
from labbuilder.users.access import Access
from labbuilder.users.paths import SUFFIXES_OF_LINES, find_files

__all__ = ["Batch", "map_batches", "parse_batch", "read_batches", "total_bytes"]

_MAX_LINES = 32  # of a batch: work for longer than it takes to send them to a process
_LARGE_LINE_BYTES = 1024**2  # a line that ends its batch

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Batch:
    """A part of the input: a YAML text, or some lines of newline-delimited JSON."""

    file: str
    text: bytes = field(default=b"", repr=False)
    first: int = 0  # the number of its first line if it is lines of JSON, and 0 otherwise
    findings: tuple[Finding, ...] = ()  # why it couldn't be read; empty if it was


def read_batches(names: Iterable[str], access: Access | None = None) -> Iterator[Batch]:
    """Read the input, one batch at a time: in the order of the names, then of a folder's files.

    The names are files, folders, glob patterns (see `labbuilder.users.paths.find_files`), and
    ``-`` for standard input; a file that several of them stand for is read once. ``*.ndjson`` and
    ``*.jsonl`` files have one JSON document per line; so does standard input that starts with two
    such lines.
    """
    access = access or Access()
    known: set[tuple[int, int]] = set()
    for name in dict.fromkeys(names):
        if name == "-":
            yield from _guarded("<stdin>", _standard_input())
        else:
            yield from _guarded(name, _named(name, access, known))


def _named(name: str, access: Access, known: set[tuple[int, int]]) -> Iterator[Batch]:
    """Read what a name stands for, except the files that are known."""
    found = False
    refused: set[Path] = set()
    for path in find_files(name, access):
        found = True
        if isinstance(path, Finding):
            yield Batch(name, findings=(path,))
        elif folder := find_unfinished(path):
            if folder not in refused:
                yield Batch(str(path), findings=(_unfinished(folder),))
            refused.add(folder)
        elif _is_new(path, known):
            yield from _guarded(str(path), _file(path))
    if not found:
        message = f"{shown(name)} contains no YAML or JSON file"
        if not Path(name).is_dir():
            message = f"{shown(name)} matches no file"
        yield Batch(name, findings=(Finding("unreadable-file", message),))


def _is_new(path: Path, known: set[tuple[int, int]]) -> bool:
    """Return whether a file is not known yet, and know it from now on."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return True  # it can't be read, which is said later
    identity = (found.st_dev, found.st_ino)
    if identity in known:
        return False
    known.add(identity)
    return True


def parse_batch(
    batch: Batch, max_values: int = MAX_VALUES, *, as_kubectl: bool = False
) -> Iterator[Document | tuple[Finding, ...]]:
    """Yield each document of a batch that is not empty, or what is wrong with it.

    A YAML text may have `max_values` values. Manifests are read `as_kubectl` reads them.
    """
    if batch.findings:
        yield batch.findings
    elif batch.first:
        for number, line in enumerate(batch.text.split(b"\n"), batch.first):
            if line.strip():
                try:
                    yield load_line(line, batch.file, number)
                except LabBuilderError as error:
                    yield tuple(error.findings)
    else:
        try:
            reader = load_manifests if as_kubectl else load
            found = reader(batch.text, batch.file, max_values)
        except LabBuilderError as error:
            yield tuple(error.findings)
            return
        yield from (document for document in found if document.data is not None)


def total_bytes(names: Sequence[str], access: Access | None = None) -> int | None:
    """Return how many bytes `read_batches` will read, or somewhat more; None if unknown."""
    if "-" in names:
        return None
    found = (each for name in names for each in find_files(name, access or Access()))
    try:
        return sum(each.stat().st_size for each in found if isinstance(each, Path))
    except (OSError, ValueError):
        return None


def map_batches(
    make: Callable[[], Callable[[Batch], Result]], batches: Iterable[Batch], jobs: int
) -> Iterator[Result]:
    """Apply a function to batches, in several processes, and yield the results in order.

    Each process makes the function once, and only a few batches are in memory at a time. One job
    runs in this process. It raises ChildProcessError if a process is killed.
    """
    if jobs == 1:
        yield from map(make(), batches)
        return
    from labbuilder.users.workers import map_in_processes  # noqa: PLC0415 (only with --jobs)

    yield from map_in_processes(make, batches, jobs)


def _file(path: Path) -> Iterator[Batch]:
    if path.suffix in SUFFIXES_OF_LINES:
        with path.open("rb") as stream:
            yield from _lines(stream, str(path))
    else:
        yield Batch(str(path), read(path))


def _standard_input() -> Iterator[Batch]:
    start: list[bytes] = []
    if stream := sys.stdin and sys.stdin.buffer:
        start = [stream.readline(MAX_FILE_BYTES), stream.readline(MAX_FILE_BYTES)]
        if start[1].startswith(b"{") and _is_object(start[0]):
            yield from _lines(stream, "<stdin>", start)
            return
    yield Batch("<stdin>", read_standard_input(b"".join(start)))


def _unfinished(folder: Path) -> Finding:
    message = f"{shown(str(folder))} is a rendering that a run hasn't finished"
    hint = "run labbuilder render --output-dir again"
    return Finding("unfinished-rendering", message, hint=hint)


def _guarded(name: str, batches: Iterator[Batch]) -> Iterator[Batch]:
    """Yield batches, and a last one with the finding if they can't be read."""
    try:
        yield from batches
    except LabBuilderError as error:
        yield Batch(name, findings=tuple(error.findings))
    except OSError as error:
        message = f"{shown(name)} can't be read: {error.strerror}"
        yield Batch(name, findings=(Finding("unreadable-file", message),))


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _lines(stream: IO[bytes], name: str, start: Sequence[bytes] = ()) -> Iterator[Batch]:
    held: list[bytes] = []
    number = 0
    for number, line in enumerate(
        chain(start, iter(lambda: stream.readline(MAX_FILE_BYTES), b"")), 1
    ):
        if len(line) == MAX_FILE_BYTES:  # perhaps a device, which has no end
            message = f"line is longer than {MAX_FILE_BYTES // 1024**2} MiB"
            source = Source(name, number, 1)
            yield Batch(name, findings=(Finding("too-large", message, source=source),))
            break
        held.append(line)
        if len(held) == _MAX_LINES or len(line) > _LARGE_LINE_BYTES:
            yield Batch(name, b"".join(held), number + 1 - len(held))
            held = []
    if held:
        yield Batch(name, b"".join(held), number + 1 - len(held))
