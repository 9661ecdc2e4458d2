"""The bookkeeping file of an output folder: the lock, the journal, and what labbuilder wrote.

Its first line is a header, each other line is about a folder with files. It is replaced by a
rename, so that it is always whole. A header that says so makes it a journal: all files are staged,
and some of them may have replaced older ones.
"""

from __future__ import annotations

import errno
import json
import os
import re
import socket
import stat
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeGuard

from labbuilder.errors import shown

__all__ = ["LEDGER", "Entry", "Ledger", "RenderingError", "find_unfinished", "is_manifest"]

LEDGER = ".labbuilder"  # kubectl reads *.yaml, *.yml and *.json only
_TEMPORARY = f"{LEDGER}.tmp"
_REPLACING = "replacing"
_HOLDER = ("pid", "host", "since")
_MAX_HEADER_BYTES = 4096
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # no FIFO blocks

# One step below the folder, so that no ledger leads out of it.
_FOLDER = re.compile(r"\.|[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_FILE = re.compile(r"[^./\0\n][^/\0\n]*\.(yaml|yml|json)")


def is_manifest(name: str) -> bool:
    """Return whether ``kubectl apply`` reads a file of this name."""
    return name.endswith((".yaml", ".yml", ".json"))


class RenderingError(Exception):
    """Something is in the way of a rendering; the lines say what and where."""

    def __init__(self, *lines: str) -> None:
        self.lines = lines
        super().__init__(*lines)


@dataclass(frozen=True, slots=True)
class Entry:
    """A folder below the output folder, and labbuilder's files in it; ``.`` is that folder."""

    folder: str
    files: tuple[str, ...]
    stale: tuple[str, ...] | None = None  # what a run is to remove; None if it doesn't touch it


class Ledger:
    """The bookkeeping file of a folder, locked until it is closed.

    It raises `RenderingError` if another process has locked it, or if it isn't labbuilder's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.root = -1
        self.is_held = False
        self._lock: IO[bytes] | None = None
        try:
            while not self._locked():  # another process has just replaced or removed it
                self.close()
            self.is_unfinished, self.entries = self._read()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Release the lock."""
        if self._lock:
            self._lock.close()
        if self.root >= 0:
            os.close(self.root)
        self._lock, self.root = None, -1

    def save(self, entries: Iterable[Entry], *, held: bool, is_unfinished: bool = False) -> None:
        """Replace the file; `held` says in it who holds the lock."""
        found = {entry.folder: entry for entry in entries}
        header: dict[str, Any] = {"rendering": _REPLACING if is_unfinished else "whole"}
        if held:
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            header |= dict(zip(_HOLDER, (os.getpid(), socket.gethostname(), now), strict=True))
        with suppress(FileNotFoundError):
            os.unlink(_TEMPORARY, dir_fd=self.root)
        stream = _open(_TEMPORARY, self.root, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        try:
            _lock(stream)
            stream.write(_line(header))
            for _, entry in sorted(found.items()):
                more = {} if entry.stale is None else {"stale": entry.stale}
                stream.write(_line({"folder": entry.folder, "files": entry.files, **more}))
            stream.flush()
            state = held, is_unfinished, found
            if is_unfinished:  # before it is, since a signal may end us between two lines
                self.is_held, self.is_unfinished, self.entries = state
            os.rename(_TEMPORARY, LEDGER, src_dir_fd=self.root, dst_dir_fd=self.root)
            self.is_held, self.is_unfinished, self.entries = state
        except BaseException:
            with suppress(OSError):
                stream.close()
            with suppress(OSError):
                os.unlink(_TEMPORARY, dir_fd=self.root)
            raise
        if self._lock:
            self._lock.close()
        self._lock = stream

    def remove(self) -> None:
        """Remove the file, which lists nothing."""
        os.unlink(LEDGER, dir_fd=self.root)

    def _locked(self) -> bool:
        """Lock the file, and return whether it is still the folder's."""
        self.root = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            self._lock = _open(LEDGER, self.root, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            if error.errno in {None, errno.ELOOP, errno.EISDIR}:  # it isn't a regular file
                raise self._foreign() from None
            raise
        try:
            _lock(self._lock)
        except BlockingIOError:
            raise self._busy() from None
        try:
            now = (self._folder / LEDGER).lstat()
        except FileNotFoundError:
            return False
        return os.path.samestat(now, os.fstat(self._lock.fileno()))

    def _busy(self) -> RenderingError:
        header = _header(self._lock.read(_MAX_HEADER_BYTES) if self._lock else b"") or {}
        who = [f"{name} {shown(header[name])}" for name in _HOLDER if name in header]
        by = f"another run ({', '.join(who)})" if who else "another run"
        return RenderingError(f"{self._folder}: {by} is writing there; wait until it has ended")

    def _foreign(self) -> RenderingError:
        path = self._folder / LEDGER
        return RenderingError(f"{path}: is not a bookkeeping file of labbuilder's; remove it")

    def _read(self) -> tuple[bool, dict[str, Entry]]:
        if self._lock is None:
            raise AssertionError("read after it is locked")
        entries: dict[str, Entry] = {}
        first = self._lock.readline()
        header = _header(first) if first else {"rendering": "whole"}  # it is new
        if header is None:
            raise self._foreign()
        for line in self._lock:
            if (entry := _entry(line)) is None:
                raise self._foreign()
            entries[entry.folder] = entry
        return header["rendering"] == _REPLACING, entries


def find_unfinished(file: Path) -> Path | None:
    """Return the output folder that a file is in, if a run hasn't finished writing there."""
    folder = file.absolute().parent
    for each in (folder, folder.parent):  # files are directly in it, or in a namespace's folder
        with suppress(OSError):
            root = os.open(each / LEDGER, os.O_RDONLY | _NOFOLLOW)
            with os.fdopen(root, "rb") as stream:
                if stat.S_ISREG(os.fstat(root).st_mode):
                    header = _header(stream.readline(_MAX_HEADER_BYTES)) or {}
                    if header.get("rendering") == _REPLACING:
                        return each
    return None


def _open(name: str, root: int, flags: int) -> IO[bytes]:
    number = os.open(name, flags | _NOFOLLOW, 0o666, dir_fd=root)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError
    return os.fdopen(number, "r+b")


def _lock(stream: IO[bytes]) -> None:
    """Lock a file until it is closed or we die, or raise BlockingIOError."""
    import fcntl  # noqa: PLC0415 (Windows has none, and can import this module)

    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode() + b"\n"


def _header(line: bytes) -> dict[str, Any] | None:
    content = _object(line.partition(b"\n")[0])
    return content if content and content.get("rendering") in (_REPLACING, "whole") else None


def _entry(line: bytes) -> Entry | None:
    content = _object(line) or {}
    folder, files, stale = (content.get(name) for name in ("folder", "files", "stale"))
    if not isinstance(folder, str) or not _FOLDER.fullmatch(folder) or not _are_files(files):
        return None
    if stale is None:
        return Entry(folder, tuple(files))
    return Entry(folder, tuple(files), tuple(stale)) if _are_files(stale) else None


def _are_files(names: Any) -> TypeGuard[list[str]]:
    return isinstance(names, list) and all(
        isinstance(name, str) and _FILE.fullmatch(name) for name in names
    )


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
