"""Judges files of manifests from any source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from labbuilder.documents import MAX_FILE_VALUES, Document, load
from labbuilder.documents.objects import PlacedObject, unpack_lists
from labbuilder.errors import Finding, LabBuilderError, Source
from labbuilder.manifest import object_name
from labbuilder.validation import schemas
from labbuilder.validation.judge import judge

__all__ = ["Checked", "check_documents", "check_texts", "merged", "select_versions"]

JudgeUser = Callable[[Document, str], Iterable[Finding]]
_MANIFEST_HINT = "write apiVersion, kind and the fields of the kind"


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of checking files.

    Attributes
    ----------
    findings
        In the order of the files and of the lines in them. Each has its place.
    objects
        The file of each manifest and its ``Kind/name``, in order.
    documents
        The YAML documents of each file that could be read.
    users
        The users among them, each with its place, where the caller adds them.
    """

    findings: Sequence[Finding]
    objects: Sequence[tuple[str, str]]
    documents: Mapping[str, Sequence[Document]]
    users: Sequence[tuple[str, Source]] = ()


def select_versions(asked: Sequence[str]) -> tuple[str, ...]:
    """Resolve Kubernetes versions, or ``all``, to versions that have schemas, oldest first.

    Without any, it is the newest. Raises `LabBuilderError` if one of them has no schemas.
    """
    if "all" in asked:
        return schemas.VERSIONS
    found = {schemas.resolve_version(text) for text in asked} or {schemas.NEWEST}
    return tuple(version for version in schemas.VERSIONS if version in found)


def check_texts(
    texts: Mapping[str, str | bytes],
    versions: Sequence[str] = (schemas.NEWEST,),
    judge_user: JudgeUser | None = None,
) -> Checked:
    """Check files of manifests, YAML or JSON, all of them together, given by their names.

    A ``List`` stands for its items. A user's document is judged by `judge_user`, or without it as
    a manifest. A finding of several versions is reported once.
    """
    documents: dict[str, Sequence[Document]] = {}
    findings: list[Finding] = []
    for file, text in texts.items():
        try:
            documents[file] = load(text, file, MAX_FILE_VALUES)
        except LabBuilderError as error:
            findings += error.findings
    checked = check_documents(documents, versions, judge_user, complete=not findings)
    return merged([Checked(findings, (), {}), checked], tuple(texts))


def check_documents(
    documents: Mapping[str, Sequence[Document]],
    versions: Sequence[str],
    judge_user: JudgeUser | None,
    *,
    complete: bool = True,
) -> Checked:
    """Check the documents of files, all of them together, as `check_texts` does.

    `complete` says whether everything that they may refer to is among them.
    """
    findings: list[Finding] = []
    manifests: list[PlacedObject] = []
    objects: list[tuple[str, str]] = []
    for file, each in documents.items():
        users = []
        if judge_user:
            users = [document for document in each if _is_user(document.data)]
            for document in users:
                objects.append((file, _title(document.data)))
                findings += _judge_user(document, versions, judge_user)
        rest = [document for document in each if document not in users]
        for found in _manifests(rest) if rest or not users else ():
            if isinstance(found, PlacedObject):
                manifests.append(found)
                objects.append((file, object_name(found.data)))
            else:
                complete = False
                findings.append(found)
    findings += _judge(manifests, versions, complete=complete)
    return Checked(findings, objects, documents)


def merged(parts: Iterable[Checked], files: Sequence[str]) -> Checked:
    """Merge results; findings are in the order of the files and of the lines in them."""
    findings: list[Finding] = []
    objects: list[tuple[str, str]] = []
    documents: dict[str, Sequence[Document]] = {}
    users: list[tuple[str, Source]] = []
    for part in parts:
        findings += part.findings
        objects += part.objects
        documents |= part.documents
        users += part.users
    order = {file: i for i, file in enumerate(files)}
    findings.sort(key=lambda finding: _order(finding, order))
    return Checked(findings, objects, documents, users)


def _is_user(data: Any) -> bool:
    """Return whether a document is a user's rather than a manifest."""
    return isinstance(data, dict) and "user" in data and not {"apiVersion", "kind"} & data.keys()


def _order(finding: Finding, order: Mapping[str, int]) -> tuple[int, int, int]:
    source = finding.source
    if not source:
        return (-1, 0, 0)
    return (order.get(source.file, -1), source.line, source.column)


def _manifests(documents: Sequence[Document]) -> Iterator[PlacedObject | Finding]:
    """Find the manifests of a file, and report what isn't one."""
    empty = True
    for document in documents:
        if document.data is not None:
            for found in unpack_lists(document, _MANIFEST_HINT):
                empty = False
                yield found
    if empty:
        first = documents[0]
        message = "the file has no manifest"
        source = first.source(())
        yield Finding("empty-file", message, hint=_MANIFEST_HINT, source=source)


def _judge(
    manifests: list[PlacedObject], versions: Sequence[str], *, complete: bool
) -> list[Finding]:
    data = [manifest.data for manifest in manifests]
    found = _by_versions(versions, lambda version: judge(data, version, complete=complete))
    return [_placed(finding, manifests[i]) for i, finding in found]


def _judge_user(
    document: Document, versions: Sequence[str], judge: JudgeUser
) -> Iterator[Finding]:
    found = _by_versions(
        versions, lambda version: ((0, each) for each in judge(document, version))
    )
    return (finding for _, finding in found)


def _title(data: Mapping[str, Any]) -> str:
    user = data["user"]
    name = user.get("username") if isinstance(user, dict) else None
    return f"User/{name}" if isinstance(name, str) else "User"


def _by_versions(
    versions: Sequence[str], judge: Callable[[str], Iterable[tuple[int, Finding]]]
) -> Iterator[tuple[int, Finding]]:
    """Report the findings of any version, with the versions if not all have it."""
    merged: dict[tuple[int, Finding], Finding] = {}
    held: defaultdict[tuple[int, Finding], list[str]] = defaultdict(list)
    for version in versions:
        for i, finding in judge(version):
            alike = _without_version(finding, version) if len(versions) > 1 else finding
            # Hints may differ between versions; the newest one's is reported.
            same = i, replace(alike, hint="")
            merged[same] = alike
            held[same].append(version)
    for same, finding in merged.items():
        by = list(dict.fromkeys(held[same]))
        only = f" (Kubernetes {', '.join(by)})" if len(by) < len(versions) else ""
        yield same[0], replace(finding, message=finding.message + only)


def _without_version(finding: Finding, version: str) -> Finding:
    return replace(finding, message=finding.message.replace(f" in Kubernetes {version}", ""))


def _placed(finding: Finding, manifest: PlacedObject) -> Finding:
    path = manifest.path + finding.path
    # An unknown field is at its name.
    key = finding.about_key or finding.code == "schema-unknown-field"
    return replace(finding, path=path, source=manifest.document.source(path, key=key))
