"""Many labs: the files that hold them, a part at a time, and the processes that work on them."""

from __future__ import annotations

import errno
import glob
import json
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from labbuilder.documents import Document, load
from labbuilder.documents.files import MAX_BYTES, read
from labbuilder.documents.lines import load_line
from labbuilder.errors import Finding, LabBuilderError, Source, shown

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["Batch", "batches", "documents", "size", "spread"]

_LINES = {".jsonl", ".ndjson"}
_SUFFIXES = {".json", ".yaml", ".yml", *_LINES}
_A_BATCH = 32  # lines, which keep a process busy for longer than it takes to hand them over
_LARGE = 1024**2  # bytes of a line, with which a batch is large enough

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Batch:
    """A part of the input: a YAML text, or some lines of newline-delimited JSON.

    Attributes
    ----------
    file
        What it is called in findings.
    text
        What it holds.
    first
        The number of its first line if it is lines of JSON, and 0 otherwise.
    findings
        Why it couldn't be read, if it couldn't.
    """

    file: str
    text: bytes = b""
    first: int = 0
    findings: tuple[Finding, ...] = ()


def batches(names: Iterable[str]) -> Iterator[Batch]:
    """Read the input, a part at a time.

    Parameters
    ----------
    names
        Files, folders, glob patterns, and ``-`` for standard input. A folder stands for all
        YAML and JSON files below it but hidden ones. Files called ``*.ndjson`` and ``*.jsonl``
        hold a JSON document a line; so does standard input that starts with two such lines.

    Yields
    ------
    Batch
        In the order of the names; in a folder, of the files' names.
    """
    for name in names:
        if name == "-":
            yield from _standard_input()
            continue
        found = False
        for path in _files(name):
            found = True
            yield from _file(path)
        if not found:
            message = f"{shown(name)} holds no YAML or JSON file"
            if not Path(name).is_dir():
                message = f"{shown(name)} matches no file"
            yield Batch(name, findings=(Finding("unreadable-file", message),))


def documents(batch: Batch, most: int = 100_000) -> Iterator[Document | tuple[Finding, ...]]:
    """Give the documents of a batch, and of those that can't be read what is wrong with them.

    Parameters
    ----------
    batch
        The batch.
    most
        How many values a YAML text may hold.

    Yields
    ------
    Document or tuple of Finding
        In the order of the text. Empty ones are left out.
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
            found = load(batch.text, batch.file, most)
        except LabBuilderError as error:
            yield tuple(error.findings)
            return
        yield from (document for document in found if document.data is not None)


def size(names: Sequence[str]) -> int | None:
    """Tell how many bytes `batches` is going to read; None if that can't be told."""
    if "-" in names:
        return None
    try:
        return sum(path.stat().st_size for name in names for path in _files(name))
    except OSError:
        return None


def spread(
    make: Callable[[], Callable[[Batch], Result]], given: Iterable[Batch], jobs: int
) -> Iterator[Result]:
    """Work on batches in several processes.

    Parameters
    ----------
    make
        Makes, once in every process, what works on a batch.
    given
        The batches, of which only a few are held at a time.
    jobs
        How many processes; 1 is this one.

    Yields
    ------
    object
        What became of each batch, in their order.

    Raises
    ------
    ChildProcessError
        If a process is killed.
    """
    if jobs == 1:
        yield from map(make(), given)
        return
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 (few need it)
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 (as above)

    waiting: deque[Future[Result]] = deque()
    try:
        with ProcessPoolExecutor(jobs, initializer=_start, initargs=(make,)) as pool:
            for batch in given:
                waiting.append(pool.submit(_work, batch))
                if len(waiting) > 2 * jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
    except BrokenProcessPool:
        message = "a process that worked on them was killed"
        raise ChildProcessError(errno.ECHILD, message) from None


_workers: list[Callable[[Batch], object]] = []


def _start(make: Callable[[], Callable[[Batch], object]]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends the others
    _workers[:] = [make()]


def _work(batch: Batch) -> Any:
    return _workers[0](batch)


def _files(name: str) -> Iterator[Path]:
    path = Path(name)
    if path.is_dir():
        for each in sorted(path.rglob("*")):
            hidden = any(part.startswith(".") for part in each.relative_to(path).parts)
            if each.suffix in _SUFFIXES and not hidden and each.is_file():
                yield each
    elif glob.has_magic(name) and not path.exists():
        yield from (Path(each) for each in sorted(glob.glob(name, recursive=True)))  # noqa: PTH207 (Path's takes no absolute pattern)
    else:
        yield path


def _file(path: Path) -> Iterator[Batch]:
    name = str(path)
    try:
        if path.suffix in _LINES:
            with path.open("rb") as stream:
                yield from _lines(stream, name)
        else:
            yield Batch(name, read(path))
    except LabBuilderError as error:
        yield Batch(name, findings=tuple(error.findings))
    except OSError as error:
        message = f"{shown(name)} can't be read: {error.strerror}"
        yield Batch(name, findings=(Finding("unreadable-file", message),))


def _standard_input() -> Iterator[Batch]:
    name, problem = "<stdin>", ""
    try:
        if sys.stdin:
            stream = sys.stdin.buffer
            first, second = stream.readline(MAX_BYTES), stream.readline(MAX_BYTES)
            if second.startswith(b"{") and _is_object(first):
                yield from _lines(stream, name, [first, second])
                return
            text = first + second + stream.read(MAX_BYTES + 1)
            if len(text) <= MAX_BYTES:
                yield Batch(name, text)
                return
            problem = f"standard input is larger than {MAX_BYTES // 1024**2} MiB"
        else:
            problem = "standard input is closed"
    except OSError as error:
        problem = f"standard input can't be read: {error.strerror}"
    yield Batch(name, findings=(Finding("unreadable-file", problem),))


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _lines(stream: IO[bytes], name: str, start: Sequence[bytes] = ()) -> Iterator[Batch]:
    held: list[bytes] = []
    number = 0
    for number, line in enumerate(chain(start, iter(lambda: stream.readline(MAX_BYTES), b"")), 1):
        if len(line) == MAX_BYTES:  # it may have no end, as a device has none
            message = f"the line is longer than {MAX_BYTES // 1024**2} MiB"
            source = Source(name, number, 1)
            yield Batch(name, findings=(Finding("too-large", message, source=source),))
            break
        held.append(line)
        if len(held) == _A_BATCH or len(line) > _LARGE:
            yield Batch(name, b"".join(held), number + 1 - len(held))
            held = []
    if held:
        yield Batch(name, b"".join(held), number + 1 - len(held))
