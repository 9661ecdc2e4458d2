"""Judges files of manifests from any source."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from labbuilder.documents import MAX_FILE_VALUES, Document, load
from labbuilder.documents.objects import PlacedObject, unpack_lists
from labbuilder.errors import MAX_SHOWN, Finding, Findings, LabBuilderError, Path, Source, bounded
from labbuilder.manifest import kind_of, object_name, shorten
from labbuilder.validation import schemas
from labbuilder.validation.judge import judge
from labbuilder.validation.rules import Target
from labbuilder.validation.skipping import Skipping

__all__ = ["Checked", "check_documents", "check_texts", "is_user", "merged", "select_versions"]

JudgeUser = Callable[[Document, Target], Iterable[Finding]]
MAX_OBJECTS = 100_000
"""Objects that a result lists."""

_NONE_SKIPPED = Skipping()
_MANIFEST_HINT = "write apiVersion, kind and the fields of the kind"


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of checking files.

    Attributes
    ----------
    findings
        In the order of the files and of the lines in them. Each has its place.
    objects
        The file of each manifest and its ``Kind/name``, in order, each once.
    documents
        The YAML documents of each file that could be read.
    users
        The users among them, each with its place, where the caller adds them.
    skipped
        The file and ``Kind/name`` of each manifest that wasn't judged.
    """

    findings: Sequence[Finding]
    objects: Sequence[tuple[str, str]]
    documents: Mapping[str, Sequence[Document]]
    users: Sequence[tuple[str, Source]] = ()
    skipped: Sequence[tuple[str, str]] = ()


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
    targets: Sequence[Target] = (Target(),),
    judge_user: JudgeUser | None = None,
    skipping: Skipping = _NONE_SKIPPED,
) -> Checked:
    """Check files of manifests, YAML or JSON, all of them together, given by their names.

    A ``List`` stands for its items. A user's document is judged by `judge_user`, or without it as
    a manifest. A finding of several targets, which differ in their versions, is reported once.
    """
    documents: dict[str, Sequence[Document]] = {}
    findings = Findings(most=MAX_SHOWN)
    for file, text in texts.items():
        try:
            documents[file] = _read(text, file, judge_user)
        except LabBuilderError as error:
            findings.extend(error.findings)
    checked = check_documents(documents, targets, judge_user, skipping, complete=not findings)
    return merged([Checked(list(findings), (), {}), checked], tuple(texts))


def check_documents(
    documents: Mapping[str, Sequence[Document]],
    targets: Sequence[Target],
    judge_user: JudgeUser | None,
    skipping: Skipping = _NONE_SKIPPED,
    *,
    complete: bool = True,
) -> Checked:
    """Check the documents of files, all of them together, as `check_texts` does.

    `complete` says whether everything that they may refer to is among them.
    """
    findings = Findings(most=MAX_SHOWN)
    manifests: list[PlacedObject] = []
    objects: dict[tuple[str, str], None] = {}
    skipped: list[tuple[str, str]] = []
    for file, each in documents.items():
        rest = []
        for document in each:
            if judge_user and is_user(document.data):
                objects[file, _title(document.data)] = None
                found = _by_versions(targets, partial(judge_user, document))
                findings.extend(found)
            else:
                rest.append(document)
        for item in _manifests(rest) if rest or not each else ():
            if isinstance(item, PlacedObject):
                is_skipped = skipping.includes(item.data)
                if not is_skipped or schemas.has_kind(kind_of(item.data)):
                    manifests.append(item)  # to which others may refer
                subject = (file, object_name(item.data))
                if is_skipped:
                    skipped.append(subject)
                else:
                    objects[subject] = None
            else:
                complete = False
                findings.add(item)
    judge_all = partial(_judge, manifests, skipping, complete=complete)
    findings.extend(_by_versions(targets, judge_all))
    return Checked(list(findings), list(objects), documents, skipped=skipped)


def merged(parts: Iterable[Checked], files: Iterable[str]) -> Checked:
    """Merge results; findings are in the order of the files and of the lines in them.

    Of very many findings and objects, the first are kept. The files may be known only after the
    last part.
    """
    findings = Findings(most=MAX_SHOWN)
    objects: dict[tuple[str, str], None] = {}
    more = 0
    documents: dict[str, Sequence[Document]] = {}
    users: list[tuple[str, Source]] = []
    skipped: list[tuple[str, str]] = []
    for part in parts:
        findings.extend(finding.compact() for finding in part.findings)
        if len(objects) < MAX_OBJECTS:
            objects |= dict.fromkeys(part.objects)
        else:
            more += len(part.objects)
        documents |= part.documents
        users += part.users
        skipped += part.skipped
    if more:
        objects["", f"{more:,} more objects"] = None
    order = {file: i for i, file in enumerate(files)}
    found = sorted(findings.kept, key=lambda finding: _order(finding, order))
    return Checked([*found, *findings.more()], list(objects), documents, users, skipped)


def is_user(data: Any) -> bool:
    """Return whether a document is a user's rather than a manifest."""
    return isinstance(data, dict) and "user" in data and not {"apiVersion", "kind"} & data.keys()


def _order(finding: Finding, order: Mapping[str, int]) -> tuple[int, int, int]:
    source = finding.source
    if not source:
        return (-1, 0, 0)
    return (order.get(source.file, -1), source.line, source.column)


def _read(text: str | bytes, file: str, judge_user: JudgeUser | None) -> Sequence[Document]:
    """Read manifests as kubectl reads them, and users as labbuilder does."""
    documents = load(text, file, MAX_FILE_VALUES, as_kubectl=True)
    if not judge_user or not any(is_user(document.data) for document in documents):
        return documents
    plain = load(text, file, MAX_FILE_VALUES)
    return [
        ours if is_user(theirs.data) else theirs
        for ours, theirs in zip(plain, documents, strict=True)
    ]


def _manifests(documents: Sequence[Document]) -> Iterator[PlacedObject | Finding]:
    """Find the manifests of a file, and report what isn't one."""
    empty = True
    for document in documents:
        yield from document.refused
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
    manifests: Sequence[PlacedObject], skipping: Skipping, target: Target, *, complete: bool
) -> Iterator[Finding]:
    data = [manifest.data for manifest in manifests]
    for i, finding in judge(data, target, complete=complete):
        if not skipping.includes(data[i]):
            yield _placed(finding, manifests[i])


def _title(data: Mapping[str, Any]) -> str:
    user = data["user"]
    name = user.get("username") if isinstance(user, dict) else None
    return f"User/{shorten(name)}" if isinstance(name, str) else "User"


def _by_versions(
    targets: Sequence[Target], judge: Callable[[Target], Iterable[Finding]]
) -> Iterator[Finding]:
    """Report the findings of any version, with the versions if not all have it."""
    if len(targets) == 1:
        yield from dict.fromkeys(bounded(judge(targets[0]), MAX_SHOWN))
        return
    merged: dict[Finding, Finding] = {}
    held: defaultdict[Finding, list[str]] = defaultdict(list)
    for target in targets:
        for finding in bounded(judge(target), MAX_SHOWN):
            alike = _without_version(finding, target.version)
            # Hints may differ between versions; the newest one's is reported.
            same = replace(alike, hint="")
            merged[same] = alike
            held[same].append(target.version)
    for same, finding in merged.items():
        by = list(dict.fromkeys(held[same]))
        only = f" (Kubernetes {', '.join(by)})" if len(by) < len(targets) else ""
        yield replace(finding, message=finding.message + only)


def _without_version(finding: Finding, version: str) -> Finding:
    return replace(finding, message=finding.message.replace(f" in Kubernetes {version}", ""))


def _placed(finding: Finding, manifest: PlacedObject) -> Finding:
    path = manifest.path + finding.path
    # An unknown field is at its name.
    key = finding.about_key or finding.code == "schema-unknown-field"
    is_named = isinstance(manifest.data.get("kind"), str)
    if finding.code == "no-schema" and is_named and not finding.hint.startswith("choose"):
        hint = "skip it with --skip KIND, or all such kinds with --ignore-missing-schemas"
        finding = replace(finding, hint=f"{finding.hint}; or {hint}" if finding.hint else hint)
    if finding.code == "schema-wrong-type":
        finding = _as_kubectl_reads(finding, manifest, path)
    return replace(finding, path=path, source=manifest.document.source(path, key=key))


def _as_kubectl_reads(finding: Finding, manifest: PlacedObject, path: Path) -> Finding:
    """Say what kubectl reads in place of what was written; but not in a Secret."""
    text, value = manifest.document.written(path), manifest.data
    if not text or manifest.data.get("kind") == "Secret":
        return finding
    for step in finding.path:
        value = value[step]  # type: ignore[index]  # the path of a finding is one of its manifest
    message = f"{finding.message}: kubectl reads `{text}` as {json.dumps(value)}"
    hint = f"write '{text}'" if "quotes" in finding.hint else finding.hint
    return replace(finding, message=message, hint=hint)
