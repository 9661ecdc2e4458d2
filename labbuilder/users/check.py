"""User files checked by compiling them, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from labbuilder.documents import MAX_FILE_VALUES, Document
from labbuilder.errors import Finding, LabBuilderError
from labbuilder.users.batches import Batch, parse_batch
from labbuilder.users.compile import UserFiles, UserOptions
from labbuilder.users.duplicates import find_users
from labbuilder.validation.files import Checked, check_documents, merged

__all__ = ["UserChecker", "is_independent"]


class UserChecker:
    """Checks user documents, and lines of manifests one by one, against Kubernetes versions.

    `users` are the options of `labbuilder.users.compile.UserFiles`.
    """

    def __init__(self, users: UserOptions, versions: Sequence[str]) -> None:
        self._versions = versions
        self._users: dict[str, UserFiles] = {}
        for version in versions:
            options: UserOptions = {**users, "kubernetes_version": version}
            self._users[version] = UserFiles(**options)

    def judge(self, document: Document, version: str) -> Sequence[Finding]:
        """Return what is wrong with a user's document in a Kubernetes version."""
        try:
            return self._users[version].compile(document).warnings
        except LabBuilderError as error:
            return error.findings

    def __call__(self, batch: Batch) -> Checked:
        """Check a batch."""
        return merged(self._checked(batch), (batch.file,))

    def _checked(self, batch: Batch) -> Iterable[Checked]:
        for document in parse_batch(batch, MAX_FILE_VALUES):
            if isinstance(document, Document):
                checked = check_documents({batch.file: [document]}, self._versions, self.judge)
                yield replace(checked, documents={}, users=find_users([document]))
            else:
                yield Checked(document, (), {})


def is_independent(batch: Batch) -> bool:
    """Return whether a batch can be checked by itself: it is lines, or has users only."""
    text = batch.text
    return bool(batch.first) or (b"user" in text and b"kind" not in text and b"apiV" not in text)
