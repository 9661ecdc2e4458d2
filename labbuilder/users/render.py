"""User documents to the text of their labs, a batch at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Literal

from labbuilder import output
from labbuilder.documents import Document
from labbuilder.errors import Finding, LabBuilderError, Source, shown
from labbuilder.users.batches import Batch, parse_batch
from labbuilder.users.compile import UserFiles, UserOptions
from labbuilder.users.duplicates import NamedUser, find_users, with_namespace

__all__ = ["Form", "Rendered", "Renderer"]

Form = Literal["json", "ndjson", "yaml"]

_WRITERS = {"json": output.to_json, "ndjson": output.to_line, "yaml": output.to_yaml}


@dataclass(frozen=True, slots=True)
class Rendered:
    """The result for one user.

    The texts are the lab's objects by file name, or all in one text under an empty name; there
    are none after an error. Files in `private` hold secrets.
    """

    who: str  # the user's name and place, for a summary
    findings: tuple[Finding, ...]
    texts: Mapping[str, str] | None = field(default=None, repr=False)
    users: Sequence[NamedUser] = ()  # the user, if the document has a valid username
    private: frozenset[str] = frozenset()


class Renderer:
    """Renders batches of users, each object to its own file if `in_files`.

    `users` are the options of `labbuilder.users.compile.UserFiles`.
    """

    def __init__(self, users: UserOptions, form: Form, *, in_files: bool, redacted: bool) -> None:
        self._users = UserFiles(**users)
        self._has_one_prefix = users.get("config") is not None
        self._form = form
        self._in_files = in_files
        self._redacted = redacted

    def __call__(self, batch: Batch) -> list[Rendered]:
        """Render a batch, with a result for each document, readable or not."""
        results = [
            self._render(each) if isinstance(each, Document) else Rendered(_place(each), each)
            for each in parse_batch(batch)
        ]
        if not results and not batch.first:
            source = Source(batch.file, 1, 1)
            finding = Finding("empty-file", "the file has no user", source=source)
            return [Rendered(batch.file, (finding,))]
        return results

    def _render(self, document: Document) -> Rendered:
        who, users = _who(document), find_users([document])
        try:
            lab = self._users.compile(document)
            if not self._has_one_prefix:
                users = with_namespace(users, lab.namespace["metadata"]["name"])
            manifests = lab.manifests()
            hold_secrets = [
                each is lab.env_config_map or each["kind"] == "Secret" for each in manifests
            ]
            if self._redacted:
                manifests = [output.redact(manifest) for manifest in manifests]
            if not self._in_files:
                text = _WRITERS[self._form](manifests)
                return Rendered(who, lab.warnings, {"": text}, users)
            form: Literal["json", "yaml"] = "yaml" if self._form == "yaml" else "json"
            files = output.to_files(manifests, form)  # in the order of the manifests
            private = frozenset(compress(files, hold_secrets))
            return Rendered(who, lab.warnings, files, users, private)
        except LabBuilderError as error:
            return Rendered(who, tuple(error.findings), None, users)


def _who(document: Document) -> str:
    user = document.data.get("user") if isinstance(document.data, dict) else None
    name = user.get("username") if isinstance(user, dict) else None
    place = f"{document.file}:{document.mark.line}"
    plain = isinstance(name, str) and name == shown(name)[1:-1]
    return f"{name} ({place})" if plain else place


def _place(findings: tuple[Finding, ...]) -> str:
    source = findings[0].source
    return f"{source.file}:{source.line}" if source else findings[0].message
