"""The command ``check``: what is wrong with manifests, whoever made them."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from labbuilder.cli.options import Config, Jobs, KubernetesVersions, Templates
from labbuilder.cli.progress import Teller
from labbuilder.cli.streams import FOUND, colour, give_up, writing, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from labbuilder.errors import Finding
    from labbuilder.users.batches import Batch
    from labbuilder.validation.files import Checked

__all__ = ["Report", "check"]


class Report(StrEnum):
    """Formats of reports."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"
    JUNIT = "junit"


def check(
    *,
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Manifests and user files, folders of them, globs, newline-delimited JSON "
            "(*.ndjson, *.jsonl); - is standard input.",
        ),
    ],
    config: Config = None,
    templates: Templates = None,
    kubernetes_version: KubernetesVersions = None,
    output: Annotated[Report, typer.Option("-o", "--output", help="The format.")] = Report.TEXT,
    jobs: Jobs = 1,
) -> None:
    """Check manifests, whoever made them, all files together; or user files and their labs.

    For example: labbuilder check lab.yaml

    A user file is compiled, and the lab checked, without printing it. Of newline-delimited JSON
    each line is checked for itself.

    Exits with 0 if there is no error, with 1 if there is one, and with 2 if it can't be told.
    """
    # Late, as in render.
    from labbuilder.errors import LabBuilderError, Severity  # noqa: PLC0415
    from labbuilder.users.batches import batches, size, spread  # noqa: PLC0415
    from labbuilder.users.check import UserChecker, stands_alone  # noqa: PLC0415
    from labbuilder.validation.files import check_texts, merged, select_versions  # noqa: PLC0415

    teller = Teller(size(files))
    unreadable: list[Finding] = []
    texts: dict[str, bytes] = {}
    order: dict[str, None] = {}

    def alone() -> Iterator[Batch]:
        """Give what is judged for itself, and keep the rest."""
        for batch in batches(dict.fromkeys(files)):
            order[batch.file] = None
            teller.advance(len(batch.text))
            if batch.findings:
                unreadable.extend(batch.findings)
            elif stands_alone(batch):
                yield batch
            else:
                texts[batch.file] = batch.text

    try:
        versions = select_versions(kubernetes_version or ())
        make = partial(UserChecker, {"config": config, "templates": templates}, versions)
        with writing("the report"):
            parts = list(spread(make, alone(), jobs))
    except LabBuilderError as error:
        give_up(error.findings)
    if unreadable:
        give_up(unreadable)
    parts.append(check_texts(texts, versions, make().judge))
    checked = merged(parts, tuple(order))
    with writing("the report"):
        written(_report(checked, texts, output))
    if any(finding.severity is Severity.ERROR for finding in checked.findings):
        raise typer.Exit(FOUND)


def _report(checked: Checked, texts: Mapping[str, bytes], output: Report) -> str:
    from importlib.metadata import version  # noqa: PLC0415 (see render)

    from labbuilder.reports import REPORTERS, Context, Subject  # noqa: PLC0415 (see render)
    from labbuilder.reports.lines import SourceLines  # noqa: PLC0415 (see render)
    from labbuilder.validation.rules import RULES  # noqa: PLC0415 (see render)

    context = Context(
        subjects=[Subject(*each) for each in checked.objects],
        line=SourceLines(texts, checked.documents),
        colour=colour(),
        version=version("labbuilder"),
        codes=RULES,
    )
    return REPORTERS[output.value](checked.findings, context)
