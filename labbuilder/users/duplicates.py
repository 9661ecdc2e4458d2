"""Users that are defined more than once, in any of the files that are read together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

from labbuilder.documents import Document
from labbuilder.errors import Finding, Source
from labbuilder.escape import visible
from labbuilder.names import is_username
from labbuilder.validation.files import is_user

__all__ = ["KnownUsers", "NamedUser", "find_users", "with_namespace"]

NamedUser = tuple[str, Source]
"""A username, or ``namespace NAME``, which no username is, and the place of the user."""

_NAMESPACE = "namespace "

_PATH = ("user", "username")
_DIGEST_BYTES = 16
_BITS = 32  # of a line or a column


def find_users(documents: Iterable[Document]) -> tuple[NamedUser, ...]:
    """Return the valid usernames in users' documents.

    Their places in newline-delimited JSON are lines: a column would cost a parse.
    """
    return tuple(
        (name, Document.source(document, _PATH))
        for document in documents
        if is_user(document.data)
        and isinstance(user := document.data["user"], dict)
        and isinstance(name := user.get("username"), str)
        and is_username(name)
    )


def with_namespace(users: Sequence[NamedUser], namespace: str) -> tuple[NamedUser, ...]:
    """Add the namespace of a user's lab, which another user's may have with another prefix."""
    return (*users, *((f"{_NAMESPACE}{namespace}", source) for _, source in users))


class KnownUsers:
    """Finds users that are defined twice, or in one namespace.

    It keeps of each only a digest and the place.
    """

    def __init__(self) -> None:
        self._files: dict[str, int] = {}
        self._names: list[str] = []
        self._places: dict[bytes, int] = {}

    @property
    def files(self) -> Sequence[str]:
        """The files, in order."""
        return self._names

    def expect(self, file: str) -> int:
        """Return the number of a file; a new one comes after all others."""
        if file not in self._files:
            self._files[file] = len(self._names)
            self._names.append(file)
        return self._files[file]

    def add(self, users: Iterable[NamedUser]) -> list[Finding]:
        """Know users; return a finding, at the later place, for each that was known already."""
        findings: list[Finding] = []
        for name, source in users:
            found = self._add(name, source)
            # The namespace of a user who is defined twice goes without saying.
            if found and (not findings or findings[-1].source != found.source):
                findings.append(found)
        return findings

    def _add(self, name: str, source: Source) -> Finding | None:
        digest = blake2b(name.encode(), digest_size=_DIGEST_BYTES).digest()
        place = (self.expect(source.file) << _BITS | source.line) << _BITS | source.column
        if digest not in self._places:
            self._places[digest] = place
            return None
        first, second = sorted((self._places[digest], place))
        self._places[digest] = first
        there = visible(str(self._source(first)))
        message, hint = f"user {name} is already defined at {there}", "remove one of the two"
        if name.startswith(_NAMESPACE):
            message = f"{name} is already that of the user at {there}"
            hint = "use the same namespacePrefix for all, or remove one of the two"
        return Finding("duplicate-user", message, _PATH, hint, source=self._source(second))

    def _source(self, place: int) -> Source:
        rest, column = divmod(place, 1 << _BITS)
        file, line = divmod(rest, 1 << _BITS)
        return Source(self._names[file], line, column)
