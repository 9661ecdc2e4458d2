"""Judges files of manifests, whoever made them, by the schemas and by the rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from labbuilder.documents import MAX_FILE_VALUES, Document, load
from labbuilder.errors import Finding, LabBuilderError, Path
from labbuilder.manifest import kind_of, object_name
from labbuilder.validation import rules, schemas

__all__ = [
    "Checked",
    "check_documents",
    "check_texts",
    "is_user",
    "merged",
    "select_versions",
]

JudgeUser = Callable[[Document, str], Iterable[Finding]]
_MANIFEST_HINT = "write apiVersion, kind and what the kind needs"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest, and where it stands."""

    document: Document
    path: Path
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was checked, and what was found.

    Attributes
    ----------
    findings
        In the order of the files, and of the lines in them. Each has its place.
    objects
        The file of each manifest and its ``Kind/name``, in order.
    documents
        The YAML documents of each file that could be read.
    """

    findings: Sequence[Finding]
    objects: Sequence[tuple[str, str]]
    documents: Mapping[str, Sequence[Document]]


def select_versions(asked: Sequence[str]) -> tuple[str, ...]:
    """Find the Kubernetes versions that are asked for.

    Parameters
    ----------
    asked
        Versions, as `labbuilder.validation.schemas.resolve_version` takes them, or ``all``; none
        asks for the newest.

    Returns
    -------
    tuple of str
        Some of `labbuilder.validation.schemas.VERSIONS`, oldest first.

    Raises
    ------
    LabBuilderError
        If there are no schemas for one of them.
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
    """Judge files of manifests, all of them together.

    Parameters
    ----------
    texts
        What the files hold, YAML or JSON, by their names. A ``List`` stands for its items.
    versions
        The Kubernetes versions to hold them against, as `select_versions` gives them.
    judge_user
        What says what is wrong with a user's document by a version; without it, such a document
        counts as a manifest.

    Returns
    -------
    Checked
        What was found. What holds for several of the versions is found once.
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
    """Judge documents, all of them together.

    Parameters
    ----------
    documents
        The documents of each file.
    versions, judge_user
        As `check_texts` takes them.
    complete
        Whether nothing is missing that the documents may refer to.

    Returns
    -------
    Checked
        What was found.
    """
    findings: list[Finding] = []
    manifests: list[Manifest] = []
    objects: list[tuple[str, str]] = []
    for file, each in documents.items():
        users = []
        if judge_user:
            users = [document for document in each if is_user(document.data)]
            for document in users:
                objects.append((file, _title(document.data)))
                findings += _judge_user(document, versions, judge_user)
        rest = [document for document in each if document not in users]
        for found in _manifests(rest) if rest or not users else ():
            if isinstance(found, Manifest):
                manifests.append(found)
                objects.append((file, object_name(found.data)))
            else:
                complete = False
                findings.append(found)
    findings += _judge(manifests, versions, whole=complete)
    return Checked(findings, objects, documents)


def merged(parts: Iterable[Checked], files: Sequence[str]) -> Checked:
    """Put together what was checked in parts.

    Parameters
    ----------
    parts
        The parts.
    files
        The order of the files.

    Returns
    -------
    Checked
        All of them, findings in the order of the files and of the lines in them.
    """
    findings: list[Finding] = []
    objects: list[tuple[str, str]] = []
    documents: dict[str, Sequence[Document]] = {}
    for part in parts:
        findings += part.findings
        objects += part.objects
        documents |= part.documents
    order = {file: i for i, file in enumerate(files)}
    findings.sort(key=lambda finding: _order(finding, order))
    return Checked(findings, objects, documents)


def is_user(data: Any) -> bool:
    """Say whether a document is a user's rather than a manifest."""
    return isinstance(data, dict) and "user" in data and not {"apiVersion", "kind"} & data.keys()


def _order(finding: Finding, order: Mapping[str, int]) -> tuple[int, int, int]:
    source = finding.source
    if not source:
        return (-1, 0, 0)
    return (order.get(source.file, -1), source.line, source.column)


def _manifests(documents: Sequence[Document]) -> Iterator[Manifest | Finding]:
    """Give the manifests of a file, and what keeps it from having them."""
    empty = True
    for document in documents:
        if document.data is not None:
            for found in _unpacked(document, (), document.data):
                empty = False
                yield found
    if empty:
        first = documents[0]
        message = "there is no manifest in this file"
        source = first.source(())
        yield Finding("empty-file", message, hint=_MANIFEST_HINT, source=source)


def _unpacked(document: Document, path: Path, data: Any) -> Iterator[Manifest | Finding]:
    if not isinstance(data, dict):
        source = document.source(path)
        message = "a manifest must be a mapping"
        yield Finding("wrong-type", message, path, _MANIFEST_HINT, source=source)
    elif kind_of(data) != "v1/List":
        yield Manifest(document, path, data)
    elif not isinstance(data.get("items"), list):
        path = (*path, "items")
        message, hint = "a List needs a list of items", "write the manifests there"
        source = document.source(path)
        yield Finding("wrong-type", message, path, hint, object="List", source=source)
    else:
        for i, item in enumerate(data["items"]):
            yield from _unpacked(document, (*path, "items", i), item)


def _judge(manifests: list[Manifest], versions: Sequence[str], *, whole: bool) -> list[Finding]:
    found = _by_versions(versions, lambda version: _judge_by(manifests, version, whole=whole))
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
    """Say what is wrong by any version, and by which if it is not by all of them."""
    said: dict[tuple[int, Finding], Finding] = {}
    held: defaultdict[tuple[int, Finding], list[str]] = defaultdict(list)
    for version in versions:
        for i, finding in judge(version):
            alike = _without_version(finding, version) if len(versions) > 1 else finding
            # A hint may name what only that version knows; the newest one's is given.
            same = i, replace(alike, hint="")
            said[same] = alike
            held[same].append(version)
    for same, finding in said.items():
        by = list(dict.fromkeys(held[same]))
        only = f" (Kubernetes {', '.join(by)})" if len(by) < len(versions) else ""
        yield same[0], replace(finding, message=finding.message + only)


def _without_version(finding: Finding, version: str) -> Finding:
    return replace(finding, message=finding.message.replace(f" of Kubernetes {version}", ""))


def _judge_by(
    manifests: list[Manifest], version: str, *, whole: bool
) -> Iterator[tuple[int, Finding]]:
    """Give what is wrong by one version, with the index of the manifest that has it."""
    passed = []
    for i, manifest in enumerate(manifests):
        findings = schemas.check(manifest.data, version)
        yield from ((i, finding) for finding in findings)
        if not findings:
            passed.append(i)
    whole = whole and len(passed) == len(manifests)
    found = rules.check([manifests[i].data for i in passed], version)
    for i, findings in zip(passed, found, strict=True):
        for finding in findings:
            rule = rules.RULES.get(finding.code)
            if whole or not (rule and rule.about_absence):
                yield i, finding


def _placed(finding: Finding, manifest: Manifest) -> Finding:
    path = manifest.path + finding.path
    # What is wrong with a field that isn't known is its name.
    key = finding.about_key or finding.code == "schema-unknown-field"
    return replace(finding, path=path, source=manifest.document.source(path, key=key))
