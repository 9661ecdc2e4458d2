"""Compares stored labs, or two configurations, with what user files compile to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import typer

from labbuilder.cli.actions.changes import as_json, as_line, counted, json_change
from labbuilder.cli.actions.progress import Progress
from labbuilder.cli.options import TextFormat
from labbuilder.cli.streams import (
    EXIT_ERROR,
    EXIT_FINDINGS,
    fail,
    has_colour,
    print_findings,
    say,
    write,
    writing,
)
from labbuilder.diff.compare import Difference, compare
from labbuilder.diff.groups import Person, Rollout
from labbuilder.diff.impact import worst
from labbuilder.diff.stored import read_manifests
from labbuilder.documents import MAX_FILE_VALUES, MAX_VALUES, Document
from labbuilder.errors import MAX_SHOWN, Finding, Findings, LabBuilderError, Severity
from labbuilder.lab.objects import LabObjects
from labbuilder.manifest import Manifest, labels_of
from labbuilder.names import USER_LABEL
from labbuilder.users.access import Access
from labbuilder.users.batches import parse_batch, read_batches, total_bytes
from labbuilder.users.compile import UserFiles, UserOptions

__all__ = ["diff_configurations", "diff_lab"]


def diff_lab(user: str, lab: str, options: UserOptions, output: TextFormat) -> None:
    """Compare a stored lab with what the user file compiles to."""
    access = options.get("access")
    new, findings = _compiled(user, UserFiles(**options), access)
    old: list[Manifest] = []
    try:
        users = {labels_of(each).get(USER_LABEL) for each in new if each["kind"] == "Namespace"}
        documents = _documents(lab, findings, access, as_kubectl=True)
        old = read_manifests(documents, [name for name in users if name])
        if not old and not findings:
            message = f"{lab} contains no manifest"
            findings.add(Finding("empty-file", message, hint="render the lab again"))
    except LabBuilderError as error:
        findings.extend(error.findings)
    if any(each.severity is Severity.ERROR for each in findings):
        fail(findings)
    print_findings(findings)
    difference = compare(old, new)
    if difference.hidden:
        values = "value is" if difference.hidden == 1 else "values are"
        note = f"{lab}: {difference.hidden:,} {values} masked there and assumed unchanged"
        say(note)
    with writing("the report"):
        write(_lab_report(difference, output))
    if difference.changes:
        raise typer.Exit(EXIT_FINDINGS)


def _compiled(
    file: str, users: UserFiles, access: Access | None
) -> tuple[list[Manifest], Findings]:
    """Compile the users of a file: the manifests, and what is wrong or worth knowing."""
    findings = Findings(most=MAX_SHOWN)
    labs: dict[str, list[Manifest]] = {}
    for document in _documents(file, findings, access):
        try:
            lab = users.compile(document)
        except LabBuilderError as error:
            findings.extend(error.findings)
            continue
        findings.extend(lab.warnings)
        namespace = lab.namespace["metadata"]["name"]
        if namespace in labs:
            message, hint = f"namespace {namespace} already has a lab", "remove one of the users"
            source = document.source(())
            findings.add(Finding("duplicate-object", message, hint=hint, source=source))
        labs[namespace] = lab.manifests()
    if not labs and not findings:
        findings.add(Finding("empty-file", f"{file} contains no user"))
    return [manifest for lab in labs.values() for manifest in lab], findings


def _documents(
    file: str, findings: Findings, access: Access | None, *, as_kubectl: bool = False
) -> Iterator[Document]:
    """Read a file, a folder or a glob pattern, adding to `findings`."""
    most = MAX_FILE_VALUES if as_kubectl else MAX_VALUES
    for batch in read_batches([file], access):
        for found in parse_batch(batch, most, as_kubectl=as_kubectl):
            if isinstance(found, Document):
                yield found
            else:
                findings.extend(found)


def _lab_report(difference: Difference, output: TextFormat) -> str:
    found = difference.changes
    classes = Counter(each.impact for each in found)
    if output is TextFormat.JSON:
        counts = {"changes": len(found), "hidden": difference.hidden}
        return as_json(map(json_change, found), classes, counts)
    if not found:
        return ""
    lines = [as_line(each, colour=has_colour()) for each in found]
    number = f"{len(found):,} change{'s' if len(found) > 1 else ''}"
    lines.append(f"{number}, for the lab: {worst(classes)} ({counted(classes)})")
    return "".join(f"{line}\n" for line in lines)


def diff_configurations(
    files: Sequence[str],
    old: UserOptions,
    new: UserOptions,
    output: TextFormat,
) -> None:
    """Compare two configurations for many users, with one user in memory at a time."""
    before, after = UserFiles(**old), UserFiles(**new)
    access = new.get("access")
    progress = Progress(total_bytes(files, access))
    rollout = Rollout()
    failed = 0
    for batch in read_batches(files, access):
        for document in parse_batch(batch):
            try:
                if not isinstance(document, Document):
                    raise LabBuilderError(document)  # noqa: TRY301 (as for a user that fails)
                _count(document, before, after, rollout)
            except LabBuilderError as error:
                failed += 1
                progress.report(error.findings)
        progress.advance(len(batch.text))
    progress.finish()
    if not rollout.labs and not failed:
        fail([Finding("empty-file", f"no user found in {', '.join(files)}")])
    with writing("the report"):
        write(_rollout_report(rollout, output))
    if failed:
        progress.write(f"{failed:,} of {failed + rollout.labs:,} labs couldn't be compared")
        raise typer.Exit(EXIT_ERROR)
    if rollout.changed:
        raise typer.Exit(EXIT_FINDINGS)


def _count(document: Document, before: UserFiles, after: UserFiles, rollout: Rollout) -> None:
    """Compile a user's lab twice and count what differs; warnings are left to ``render``.

    It raises `LabBuilderError` with what is wrong by either configuration.
    """
    labs: list[LabObjects] = []
    findings: list[Finding] = []
    for users in (before, after):
        try:
            labs.append(users.compile(document))
        except LabBuilderError as error:
            findings += error.findings
    if findings:
        raise LabBuilderError(findings)
    old, new = labs
    user = document.data["user"]
    person = Person(user["username"], user["uid"], user["gid"])
    rollout.add(person, compare(old.manifests(), new.manifests()).changes)


def _rollout_report(rollout: Rollout, output: TextFormat) -> str:
    if output is TextFormat.JSON:
        found = ({"labs": labs, **json_change(each)} for labs, each in rollout.groups())
        counts = {"labs": rollout.labs, "changed": rollout.changed}
        counts |= {"more": rollout.more} if rollout.more else {}
        return as_json(found, rollout.classes, counts)
    if not rollout.changed:
        return ""
    lines = [
        f"{labs:,} lab{'s' if labs > 1 else ''}: {as_line(each, colour=has_colour())}"
        for labs, each in rollout.groups()
    ]
    if rollout.more:
        lines.append(f"{rollout.more:,} more changes of labs")
    lines.append(
        f"{rollout.changed:,} of {rollout.labs:,} labs change: {counted(rollout.classes)}"
    )
    return "".join(f"{line}\n" for line in lines)
