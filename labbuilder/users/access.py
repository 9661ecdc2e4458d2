"""What user files may read of the machine that compiles them: files and variables."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from labbuilder.documents.files import read_regular
from labbuilder.errors import Finding, LabBuilderError, shown

__all__ = ["Access", "is_below", "resolve"]

MAX_NAMED_FILE_BYTES = 4 * 1024**2
"""Of a file that a user file names: a Secret and a ConfigMap hold at most 1 MiB."""

_OF_THE_KERNEL = ("/dev/", "/proc/", "/sys/")  # whose files wait, or say what a process holds
_MAX_SUGGESTED = 80  # characters of a folder in a hint; a part would be of no use
_HISTORY = ".git"  # which may hold the credentials of a clone


@dataclass(frozen=True, slots=True)
class Access:
    """What user files may read: by default the files below the working directory.

    Attributes
    ----------
    folder
        The folder below which files may be read.
    allow_files
        More such folders.
    allow_env
        Names of environment variables that may be read, or patterns such as ``LAB_*``.
    trusted
        Whether all regular files and all variables may be read.
    """

    folder: str = "."
    allow_files: Sequence[str] = ()
    allow_env: Sequence[str] = ()
    trusted: bool = False
    _folders: Sequence[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = [resolve(each) for each in (self.folder, *self.allow_files)]
        folders = tuple(each for each in found if each)
        object.__setattr__(self, "_folders", folders)  # the only way, as it is frozen

    def allows_variable(self, name: str) -> bool:
        """Return whether an environment variable may be read."""
        return self.trusted or any(fnmatchcase(name, each) for each in self.allow_env)

    def allows_file(self, path: str | Path) -> bool:
        """Return whether a file may be read, whether or not it exists."""
        return self._resolve(path) is not None

    def read(self, path: Path) -> bytes:
        """Read a file that a user file names, or raise `LabBuilderError`.

        The complaint doesn't say whether a file exists that may not be read.
        """
        real = self._resolve(path)
        if real is None:
            if self.trusted:
                message, hint = "must not be below /dev, /proc or /sys", "name a regular file"
            else:
                message = (
                    "must be below the working directory, with links resolved, and not in .git"
                )
                hint = f"allow its folder with --allow-files {_outside(path)}, or move it"
            raise LabBuilderError([Finding("file-not-allowed", message, hint=hint)])
        return read_regular(Path(real), str(path), MAX_NAMED_FILE_BYTES)

    def _resolve(self, path: str | Path) -> str | None:
        """Return the path without links; None if it may not be read."""
        real = resolve(path)
        if real is None or any(f"{each}/".startswith(_OF_THE_KERNEL) for each in (path, real)):
            return None
        return real if self.trusted or is_below(real, self._folders) else None


def _outside(path: Path) -> str:
    """Name the folder of a path if the path itself leads out, whatever there is; else ``DIR``."""
    folder = os.path.dirname(os.path.normpath(path))  # noqa: PTH120 (pathlib keeps "..")
    leads_out = folder.startswith((os.sep, os.pardir))
    is_real = not f"{folder}/".startswith(_OF_THE_KERNEL)
    is_short = len(folder) <= _MAX_SUGGESTED
    return shown(folder) if leads_out and is_real and is_short else "DIR"


def resolve(path: str | Path) -> str | None:
    """Return an absolute path without links; None if it can't be one."""
    try:
        return os.path.realpath(path)
    except (OSError, ValueError, RecursionError):  # a folder that is gone, NUL, a chain of links
        return None


def is_below(path: str, folders: Sequence[str]) -> bool:
    """Return whether a path without links is below one of the folders, but not in ``.git``."""
    file = Path(path)
    return any(
        folder in file.parents
        and all(part.lower() != _HISTORY for part in file.relative_to(folder).parts)
        for folder in map(Path, folders)
    )
