"""Writes an output folder: all files of a run or none, and each of them whole.

A new folder is made beside its place and gets there by one rename. Into an older one the files
are staged; then the journal is written, and each file is renamed to its place. If a run ends
before it writes the journal, the older rendering is left; if later, the next run finishes it.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from labbuilder.output.ledger import LEDGER, Entry, Ledger, RenderingError, is_manifest

__all__ = ["Files", "write_rendering"]

Files = Mapping[str, tuple[str, bool]]
"""Texts by file name, ``FOLDER/FILE`` or ``FILE``, and whether only the owner may read them."""

_STAGED = f"{LEDGER}.new"  # the folder of staged files, and what their names end in
_DIRECTORY = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)


def write_rendering(folder: Path, labs: Callable[[], Iterator[Files]]) -> None:
    """Write the files of labs, which `labs` yields as often as it is called, to a folder.

    It raises `RenderingError`, and writes nothing, if the folder or something in it is a symbolic
    link or otherwise can't be replaced, is not labbuilder's, or is being written by another run.
    """
    if os.name != "posix":
        raise RenderingError(f"{folder}: can be written on POSIX systems only")
    if folder.is_symlink():
        target = os.path.realpath(folder)
        raise RenderingError(f"{folder}: is a symbolic link; name the folder instead: {target}")
    if next(labs(), None) is None:
        return
    try:
        while not os.path.lexists(folder):
            if _write_new(folder, labs):
                return
        _remove_abandoned(_beside(folder))
        _write_over(folder, labs)
    except OSError as error:  # whose file name is relative to some folder
        raise OSError(error.errno, error.strerror, str(folder)) from error


def _write_new(folder: Path, labs: Callable[[], Iterator[Files]]) -> bool:
    """Make a folder by one rename; return False if another run is about to have made it."""
    beside = _beside(folder)
    with _parents(folder):
        with suppress(FileExistsError):
            beside.mkdir(mode=0o700)
        try:
            ledger = Ledger(beside)
        except FileNotFoundError:  # the other run has just removed it
            return False
        except OSError:
            with suppress(OSError):
                beside.rmdir()
            raise
        with closing(ledger):
            if os.fstat(ledger.root).st_uid != os.geteuid():
                raise RenderingError(f"{beside}: belongs to another user; remove it")
            try:
                ledger.save((), held=True)
                if os.path.lexists(folder):
                    return False
                _clear(ledger.root)
                _stage(ledger.root, labs, "")
                _save_beside(beside / _STAGED, labs)
                (beside / _STAGED).rename(folder)
            finally:
                shutil.rmtree(beside, ignore_errors=True)  # another run may be there by now
    return True


def _beside(folder: Path) -> Path:
    return folder.absolute().with_name(f".{folder.absolute().name}{LEDGER}")


def _remove_abandoned(beside: Path) -> None:
    """Remove what a run has left that was killed just after its folder got to its place."""
    with suppress(OSError, RenderingError):
        if beside.is_dir() and beside.stat().st_uid == os.geteuid():
            with closing(Ledger(beside)):
                shutil.rmtree(beside)


def _save_beside(staged: Path, labs: Callable[[], Iterator[Files]]) -> None:
    with closing(Ledger(staged)) as ledger:
        ledger.save(_entries(labs), held=False)


@contextmanager
def _parents(folder: Path) -> Iterator[None]:
    """Make the folders above, and remove them again if the work fails."""
    made = [each for each in folder.parents if not each.exists()]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for each in made:
            with suppress(OSError):
                each.rmdir()
        raise


def _write_over(folder: Path, labs: Callable[[], Iterator[Files]]) -> None:
    """Replace an older rendering, once what another run has begun is finished."""
    with closing(Ledger(folder)) as ledger:
        try:
            if ledger.is_unfinished:
                _finish(ledger, folder)
            ledger.save(ledger.entries.values(), held=True)
            _clear(ledger.root)
            found = [_compared(ledger, folder, entry) for entry in _entries(labs)]
            if lines := [line for _, each in found for line in each]:
                raise RenderingError(*lines)
            new = {entry.folder: entry for entry, _ in found}
            _stage(ledger.root, labs, _STAGED)
            ledger.save((ledger.entries | new).values(), held=True, is_unfinished=True)
            _finish(ledger, folder)
        finally:
            with suppress(OSError):  # on a full disk, it goes on naming this process
                _release(ledger)


def _finish(ledger: Ledger, folder: Path) -> None:
    """Rename what is staged to its place and remove what is stale, as far as that isn't done."""
    try:
        staged = os.open(_STAGED, _DIRECTORY, dir_fd=ledger.root)
    except OSError:
        line = (
            f"{folder}: can't be finished, since {_STAGED} is missing; remove it, and render again"
        )
        raise RenderingError(line) from None
    try:
        for entry in ledger.entries.values():
            if entry.stale is not None:
                _replace(ledger.root, staged, entry)
    finally:
        os.close(staged)
    whole = [replace(entry, stale=None) for entry in ledger.entries.values()]
    ledger.save(whole, held=False)
    _clear(ledger.root)


def _replace(root: int, staged: int, entry: Entry) -> None:
    with _opened(staged, entry.folder) as source, _made(root, entry.folder) as target:
        for name in entry.files:
            with suppress(FileNotFoundError):  # it is there already
                os.rename(f"{name}{_STAGED}", name, src_dir_fd=source, dst_dir_fd=target)
        for name in entry.stale or ():
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=target)


def _stage(root: int, labs: Callable[[], Iterator[Files]], suffix: str) -> None:
    """Write all files to a folder in the output folder."""
    with _made(root, _STAGED) as staged:
        for files in labs():
            for name, (text, is_private) in files.items():
                folder, _, file = name.rpartition("/")
                with _made(staged, folder or ".") as parent:
                    _create(parent, f"{file}{suffix}", text, 0o600 if is_private else 0o666)


def _create(parent: int, name: str, text: str, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    opened = os.open(name, flags, mode, dir_fd=parent)
    with os.fdopen(opened, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def _compared(ledger: Ledger, folder: Path, entry: Entry) -> tuple[Entry, list[str]]:
    """Compare files with those that are there: which ones are stale, and what is in the way."""
    place = folder / entry.folder
    try:
        with _opened(ledger.root, entry.folder) as root, os.scandir(root) as found:
            there = {each.name: each.is_file(follow_symlinks=False) for each in found}
    except FileNotFoundError:
        return replace(entry, stale=()), []
    except NotADirectoryError:  # a symbolic link, too
        return entry, [f"{place}: is not a folder; remove it"]
    known = ledger.entries.get(entry.folder)
    stale = []
    lines = []
    for name, is_file in sorted(there.items()):
        if name in entry.files:
            if not is_file:
                lines.append(f"{place / name}: is not a regular file; remove it")
        elif is_manifest(name):
            if known and name in known.files and is_file:
                stale.append(name)
            else:
                lines.append(f"{place / name}: isn't part of this rendering; move or remove it")
    return replace(entry, stale=tuple(stale)), lines


def _entries(labs: Callable[[], Iterator[Files]]) -> Iterator[Entry]:
    """List the files by folder."""
    for files in labs():
        names: dict[str, list[str]] = {}
        for name in files:
            folder, _, file = name.rpartition("/")
            names.setdefault(folder or ".", []).append(file)
        for folder, each in names.items():
            yield Entry(folder, tuple(each))


def _clear(root: int) -> None:
    """Remove what is staged."""
    with suppress(FileNotFoundError):
        if stat.S_ISLNK(os.stat(_STAGED, dir_fd=root, follow_symlinks=False).st_mode):
            raise RenderingError(f"{_STAGED}: is a symbolic link; remove it")
        shutil.rmtree(_STAGED, dir_fd=root)


def _release(ledger: Ledger) -> None:
    """Remove what is staged in vain, and the holder; and a bookkeeping file that lists nothing."""
    if not ledger.is_unfinished:
        _clear(ledger.root)
    if not ledger.entries:
        ledger.remove()
    elif ledger.is_held:
        ledger.save(ledger.entries.values(), held=False, is_unfinished=ledger.is_unfinished)


@contextmanager
def _made(root: int, name: str) -> Iterator[int]:
    with suppress(FileExistsError):
        os.mkdir(name, dir_fd=root)
    with _opened(root, name) as opened:
        yield opened


@contextmanager
def _opened(root: int, name: str) -> Iterator[int]:
    opened = os.open(name, os.O_RDONLY | _DIRECTORY, dir_fd=root)
    try:
        yield opened
    finally:
        os.close(opened)
