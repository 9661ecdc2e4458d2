"""Checks manifests and user files, and prints a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version

import typer

from labbuilder.cli.actions.progress import Progress
from labbuilder.cli.options import ReportFormat
from labbuilder.cli.streams import EXIT_ERROR, EXIT_FINDINGS, fail, has_colour, say, write, writing
from labbuilder.errors import MAX_SHOWN, Findings, LabBuilderError, Severity
from labbuilder.reports import REPORTERS, Context, Subject
from labbuilder.reports.lines import SourceLines
from labbuilder.users.access import Access
from labbuilder.users.batches import Batch, map_batches, read_batches, total_bytes
from labbuilder.users.check import UserChecker, is_independent
from labbuilder.users.compile import UserOptions
from labbuilder.users.duplicates import KnownUsers
from labbuilder.validation.files import Checked, check_texts, merged, select_versions
from labbuilder.validation.rules import RULES, Target
from labbuilder.validation.rules.target import ANY_HUB, Hub, parse_hub
from labbuilder.validation.skipping import Skipping

__all__ = ["check_files"]


def check_files(
    files: Sequence[str],
    users: UserOptions,
    versions: Sequence[str],
    output: ReportFormat,
    jobs: int,
    *,
    pod_security: str = "",
    hub: str | None = None,
    skip: Sequence[str] = (),
    ignore_missing_schemas: bool = False,
) -> None:
    """Check files and print a report."""
    skipping = Skipping(
        frozenset(kind.strip() for each in skip for kind in each.split(",")),
        ignore_missing_schemas,
    )
    known = KnownUsers()
    reader = _Reader(files, users.get("access"), known)

    def parts() -> Iterator[Checked]:
        yield from map_batches(make, reader.independent(), jobs)
        if reader.unreadable:
            fail(reader.unreadable)
        checker = make()
        together = check_texts(reader.texts, targets, checker.judge, skipping)
        yield replace(together, users=checker.named())

    try:
        where = _hub(hub)
        targets = [
            Target(
                version, pod_security=pod_security, hub=where, accepted=frozenset(users["accept"])
            )
            for version in select_versions(versions)
        ]
        make = partial(UserChecker, users, targets, skipping)
        with writing("the report"):
            checked = merged((_compared(part, known) for part in parts()), known.files)
    except LabBuilderError as error:
        fail(error.findings)
    with writing("the report"):
        write(_report(checked, reader.texts, output))
    if any(finding.severity is Severity.ERROR for finding in checked.findings):
        raise typer.Exit(EXIT_FINDINGS)
    if checked.skipped and not checked.objects:
        say("everything was skipped; name files with other kinds, or skip less")
        raise typer.Exit(EXIT_ERROR)


def _hub(text: str | None) -> Hub:
    if text is None:
        return ANY_HUB
    try:
        return parse_hub(text)
    except ValueError as error:
        raise typer.BadParameter(f"--hub {error}") from None


class _Reader:
    """Reads files: yields what can be checked by itself, and keeps the rest in `texts`."""

    def __init__(self, files: Sequence[str], access: Access | None, known: KnownUsers) -> None:
        self._batches = read_batches(files, access)
        self._progress = Progress(total_bytes(files, access))
        self._known = known
        self.texts: dict[str, bytes] = {}
        self.unreadable = Findings(most=MAX_SHOWN)

    def independent(self) -> Iterator[Batch]:
        """Yield what can be checked by itself."""
        for batch in self._batches:
            self._known.expect(batch.file)
            self._progress.advance(len(batch.text))
            if batch.findings:
                self.unreadable.extend(batch.findings)
            elif is_independent(batch):
                yield batch
            else:
                self.texts[batch.file] = batch.text


def _compared(part: Checked, known: KnownUsers) -> Checked:
    """Add findings about users that are known already, and know the others."""
    return replace(part, findings=[*part.findings, *known.add(part.users)], users=())


def _report(checked: Checked, texts: Mapping[str, bytes], output: ReportFormat) -> str:
    context = Context(
        subjects=[Subject(*each) for each in checked.objects],
        line=SourceLines(texts, checked.documents),
        colour=has_colour(),
        version=version("labbuilder"),
        codes=RULES,
        skipped=[Subject(*each) for each in checked.skipped],
    )
    return REPORTERS[output.value](checked.findings, context)
