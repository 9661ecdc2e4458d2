"""User files checked by compiling them, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from labbuilder.documents import MAX_FILE_VALUES, Document
from labbuilder.errors import Finding, LabBuilderError
from labbuilder.lab.objects import LabObjects
from labbuilder.users.batches import Batch, parse_batch
from labbuilder.users.compile import UserFiles, UserOptions
from labbuilder.users.duplicates import NamedUser, find_users, with_namespace
from labbuilder.validation.files import Checked, check_documents, merged
from labbuilder.validation.judge import judge
from labbuilder.validation.rules import Target
from labbuilder.validation.skipping import Skipping

__all__ = ["UserChecker", "is_independent"]


_NONE_SKIPPED = Skipping()


class UserChecker:
    """Checks user documents, and lines of manifests one by one, for some clusters.

    `users` are the options of `labbuilder.users.compile.UserFiles`.
    """

    def __init__(
        self, users: UserOptions, targets: Sequence[Target], skipping: Skipping = _NONE_SKIPPED
    ) -> None:
        self._skipping = skipping
        self._targets = targets
        self._users: dict[str, UserFiles] = {}
        self._has_one_prefix = users.get("config") is not None
        self._named: dict[NamedUser, None] = {}
        for version in (target.version for target in targets):
            options: UserOptions = {**users, "kubernetes_version": version}
            self._users[version] = UserFiles(**options)

    def judge(self, document: Document, target: Target) -> Sequence[Finding]:
        """Return what is wrong with a user's document on a cluster."""
        users = find_users([document])
        try:
            lab = self._users[target.version].compile(document)
        except LabBuilderError as error:
            return error.findings
        else:
            if not self._has_one_prefix:
                users = with_namespace(users, lab.namespace["metadata"]["name"])
            return [*lab.warnings, *_more(lab, document, target)]
        finally:
            self._named |= dict.fromkeys(users)

    def named(self) -> tuple[NamedUser, ...]:
        """Return the users that were judged since the last call, and their namespaces."""
        found = tuple(self._named)
        self._named.clear()
        return found

    def __call__(self, batch: Batch) -> Checked:
        """Check a batch."""
        return merged(self._checked(batch), (batch.file,))

    def _checked(self, batch: Batch) -> Iterable[Checked]:
        for document in parse_batch(batch, MAX_FILE_VALUES):
            if isinstance(document, Document):
                checked = check_documents(
                    {batch.file: [document]}, self._targets, self.judge, self._skipping
                )
                yield replace(checked, documents={}, users=self.named())
            else:
                yield Checked(document, (), {})


def _more(lab: LabObjects, document: Document, target: Target) -> Iterable[Finding]:
    """Judge a lab for a cluster of which more is known than its version."""
    if target == Target(target.version, accepted=target.accepted):
        return
    known = {(each.code, each.object, each.path) for each in lab.warnings}
    for _, finding in judge(lab.manifests(), target):
        if (finding.code, finding.object, finding.path) not in known:
            yield replace(finding, source=document.source(()))


def is_independent(batch: Batch) -> bool:
    """Return whether a batch can be checked by itself: it is lines, or has users only."""
    text = batch.text
    return bool(batch.first) or (b"user" in text and b"kind" not in text and b"apiV" not in text)
