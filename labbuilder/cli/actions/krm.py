"""Runs as a KRM function, from standard input to standard output."""

from __future__ import annotations

from typing import Unpack

import typer

from labbuilder.cli.streams import print_findings, write, writing
from labbuilder.documents.files import read_standard_input
from labbuilder.errors import LabBuilderError, Severity
from labbuilder.krm.function import refuse, run
from labbuilder.users.compile import UserFiles, UserOptions

__all__ = ["run_function"]

_EXIT_FAILED = 1  # the specification asks for any but 0; kustomize's own functions use 1


def run_function(**options: Unpack[UserOptions]) -> None:
    """Run the function, with the options of `labbuilder.users.compile.UserFiles`."""
    try:
        text = read_standard_input()
        answer, findings = run(text, "<stdin>", UserFiles(**options).compile)
    except LabBuilderError as error:
        answer, findings = refuse(error.findings), error.findings
    print_findings(findings)
    with writing("the ResourceList"):
        write(answer)
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(_EXIT_FAILED)
