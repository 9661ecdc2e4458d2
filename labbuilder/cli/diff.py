"""The command ``diff``: whether stored labs still match, and what another configuration does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from labbuilder.cli.options import Config, KubernetesVersion, Templates
from labbuilder.cli.progress import Teller
from labbuilder.cli.streams import FOUND, TROUBLE, colour, give_up, say, writing, written

if TYPE_CHECKING:
    from labbuilder.diff.compare import Difference
    from labbuilder.diff.groups import Rollout
    from labbuilder.documents import Document
    from labbuilder.errors import Finding
    from labbuilder.lab.objects import LabObjects
    from labbuilder.manifest import Manifest
    from labbuilder.users.compile import UserFiles

__all__ = ["diff"]

_MOST = 2_000_000  # values in a file, which may hold thousands of labs


class Report(StrEnum):
    """Formats of reports."""

    TEXT = "text"
    JSON = "json"


def diff(
    *,
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="USER.yaml LAB.yaml",
            help="A user file and what was rendered from it; with --against-config any number of "
            "user files, folders of them, globs, newline-delimited JSON. - is standard input.",
        ),
    ],
    against_config: Annotated[
        str | None,
        typer.Option(
            metavar="OLD.yaml",
            help="Compare what users' labs are with the current configuration to what they are "
            "with this one; all arguments are user files then.",
        ),
    ] = None,
    config: Config = None,
    templates: Templates = None,
    kubernetes_version: KubernetesVersion = None,
    output: Annotated[Report, typer.Option("-o", "--output", help="The format.")] = Report.TEXT,
) -> None:
    """Tell what has changed since a lab was rendered, and what that would do to it.

    For example: labbuilder diff user.yaml lab.yaml

    Or between two configurations, over many users, equal changes counted:
    labbuilder diff --against-config old-site.yaml --config site.yaml users/

    Each change has a class: nothing, restart, recreate, or data at risk.

    Exits with 0 if nothing has changed, with 1 if something has, and with 2 if it can't be told.
    """
    # Late, as in render.
    from labbuilder.users.compile import UserFiles  # noqa: PLC0415

    options = {"templates": templates, "kubernetes_version": kubernetes_version}
    current = UserFiles(config=config, **options)
    if files.count("-") > 1:
        message = "Standard input can be only one of the files."
        raise typer.BadParameter(message)
    if against_config is not None:
        _between(files, UserFiles(config=against_config, **options), current, output)
    elif len(files) == 2:  # noqa: PLR2004 (a user file and a lab)
        _since(files[0], files[1], current, output)
    else:
        message = (
            f"A user file and what was rendered from it make two files, not {len(files)}; "
            "with --against-config, all files are user files."
        )
        raise typer.BadParameter(message)


def _since(user: str, lab: str, users: UserFiles, output: Report) -> None:
    """Compare what is stored with what the user's file compiles to."""
    from labbuilder.diff.compare import compare  # noqa: PLC0415 (see render)
    from labbuilder.diff.stored import read_manifests  # noqa: PLC0415 (see render)
    from labbuilder.errors import Finding, LabBuilderError, Severity  # noqa: PLC0415 (see render)

    findings: list[Finding] = []
    new, wrong = _compiled(user, users)
    findings += wrong
    old: list[Manifest] = []
    try:
        old = read_manifests(_documents(lab, findings, _MOST))
        if not old and not findings:
            message = f"{lab} holds no manifest"
            findings.append(Finding("empty-file", message, hint="render the lab again"))
    except LabBuilderError as error:
        findings += error.findings
    if any(each.severity is Severity.ERROR for each in findings):
        give_up(findings)
    say(findings)
    difference = compare(old, new)
    if difference.hidden:
        values = "value is" if difference.hidden == 1 else "values are"
        note = f"{lab}: {difference.hidden:,} {values} hidden there, and taken for the same"
        typer.echo(note, err=True)
    with writing("the report"):
        written(_report(difference, output))
    if difference.changes:
        raise typer.Exit(FOUND)


def _compiled(file: str, users: UserFiles) -> tuple[list[Manifest], list[Finding]]:
    """Compile the users of a file; give the manifests, and what is wrong or worth knowing."""
    from labbuilder.errors import Finding, LabBuilderError  # noqa: PLC0415 (see render)

    findings: list[Finding] = []
    labs: dict[str, list[Manifest]] = {}
    for document in _documents(file, findings):
        try:
            lab = users.compile(document)
        except LabBuilderError as error:
            findings += error.findings
            continue
        findings += lab.warnings
        namespace = lab.namespace["metadata"]["name"]
        if namespace in labs:
            message, hint = f"{namespace} has a lab already", "keep one of the two users"
            source = document.source(())
            findings.append(Finding("duplicate-object", message, hint=hint, source=source))
        labs[namespace] = lab.manifests()
    if not labs and not findings:
        findings.append(Finding("empty-file", f"{file} holds no user"))
    return [manifest for lab in labs.values() for manifest in lab], findings


def _documents(file: str, findings: list[Finding], most: int = 100_000) -> Iterator[Document]:
    """Read a file, or the files that a folder or a pattern stands for, adding to `findings`."""
    from labbuilder.documents import Document  # noqa: PLC0415 (see render)
    from labbuilder.users.batches import batches, documents  # noqa: PLC0415 (see render)

    for batch in batches([file]):
        for found in documents(batch, most):
            if isinstance(found, Document):
                yield found
            else:
                findings += found


def _report(difference: Difference, output: Report) -> str:
    from labbuilder.cli import changes  # noqa: PLC0415 (see render)
    from labbuilder.diff.impact import worst  # noqa: PLC0415 (see render)

    found = difference.changes
    classes = Counter(each.impact for each in found)
    if output is Report.JSON:
        return changes.as_json(
            map(changes.json_change, found),
            classes,
            {"changes": len(found), "hidden": difference.hidden},
        )
    if not found:
        return ""
    lines = [changes.as_line(each, colour=colour()) for each in found]
    number = f"{len(found):,} change{'s' if len(found) > 1 else ''}"
    lines.append(f"{number}, for the lab: {worst(classes)} ({changes.counted(classes)})")
    return "".join(f"{line}\n" for line in lines)


def _between(files: list[str], before: UserFiles, after: UserFiles, output: Report) -> None:
    """Compare two configurations over many users, of whom one at a time is held."""
    from labbuilder.diff.groups import Rollout  # noqa: PLC0415 (see render)
    from labbuilder.documents import Document  # noqa: PLC0415 (see render)
    from labbuilder.errors import Finding, LabBuilderError  # noqa: PLC0415 (see render)
    from labbuilder.users.batches import batches, documents, size  # noqa: PLC0415 (see render)

    teller = Teller(size(files))
    rollout = Rollout()
    failed = 0
    for batch in batches(files):
        for document in documents(batch):
            try:
                if not isinstance(document, Document):
                    raise LabBuilderError(document)  # noqa: TRY301 (as a user who doesn't compile)
                _count(document, before, after, rollout)
            except LabBuilderError as error:
                failed += 1
                teller.say(error.findings)
        teller.advance(len(batch.text))
    if not rollout.labs and not failed:
        give_up([Finding("empty-file", f"{', '.join(files)}: there is no user")])
    with writing("the report"):
        written(_rollout_report(rollout, output))
    if failed:
        teller.tell(f"{failed:,} of {failed + rollout.labs:,} labs couldn't be compared")
        raise typer.Exit(TROUBLE)
    if rollout.changed:
        raise typer.Exit(FOUND)


def _count(document: Document, before: UserFiles, after: UserFiles, rollout: Rollout) -> None:
    """Compile a user's lab twice and count what differs; warnings are for ``render`` to tell.

    Raises
    ------
    LabBuilderError
        With what is wrong by either configuration.
    """
    from labbuilder.diff.compare import compare  # noqa: PLC0415 (see render)
    from labbuilder.diff.groups import Person  # noqa: PLC0415 (see render)
    from labbuilder.errors import LabBuilderError  # noqa: PLC0415 (see render)

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


def _rollout_report(rollout: Rollout, output: Report) -> str:
    from labbuilder.cli import changes  # noqa: PLC0415 (see render)

    if output is Report.JSON:
        found = ({"labs": labs, **changes.json_change(each)} for labs, each in rollout.groups())
        counts = {"labs": rollout.labs, "changed": rollout.changed}
        return changes.as_json(found, rollout.classes, counts)
    if not rollout.changed:
        return ""
    lines = [
        f"{labs:,} lab{'s' if labs > 1 else ''}: {changes.as_line(each, colour=colour())}"
        for labs, each in rollout.groups()
    ]
    classes = changes.counted(rollout.classes)
    lines.append(f"{rollout.changed:,} of {rollout.labs:,} labs change: {classes}")
    return "".join(f"{line}\n" for line in lines)
