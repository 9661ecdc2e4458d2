"""The command ``check``: what is wrong with manifests, whoever made them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from labbuilder.cli.options import KubernetesVersions
from labbuilder.cli.streams import FOUND, colour, give_up, read_files, writing, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labbuilder.checking import Checked

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
        list[str], typer.Argument(metavar="FILE...", help="Manifests; - is standard input.")
    ],
    kubernetes_version: KubernetesVersions = None,
    output: Annotated[Report, typer.Option("-o", "--output", help="The format.")] = Report.TEXT,
) -> None:
    """Check manifests, whoever made them, all files together.

    For example: labbuilder check lab.yaml

    Exits with 0 if there is no error, with 1 if there is one, and with 2 if it can't be told.
    """
    # Late, as in render.
    from labbuilder.checking import check_texts, select_versions  # noqa: PLC0415
    from labbuilder.errors import LabBuilderError, Severity  # noqa: PLC0415

    try:
        versions = select_versions(kubernetes_version or ())
        texts = read_files(files)
    except LabBuilderError as error:
        give_up(error.findings)
    checked = check_texts(texts, versions)
    with writing("the report"):
        written(_report(checked, texts, output))
    if any(finding.severity is Severity.ERROR for finding in checked.findings):
        raise typer.Exit(FOUND)


def _report(checked: Checked, texts: Mapping[str, bytes], output: Report) -> str:
    from importlib.metadata import version  # noqa: PLC0415 (see render)

    from labbuilder.reports import REPORTERS, Context, Subject  # noqa: PLC0415 (see render)
    from labbuilder.reports.lines import SourceLines  # noqa: PLC0415 (see render)

    context = Context(
        subjects=[Subject(*each) for each in checked.objects],
        line=SourceLines(texts, checked.documents),
        colour=colour(),
        version=version("labbuilder"),
    )
    return REPORTERS[output.value](checked.findings, context)
