"""Recreates labs' states from the objects of a cluster."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import typer

from labbuilder.cli.options import ManifestFormat
from labbuilder.cli.streams import (
    EXIT_ERROR,
    EXIT_FINDINGS,
    fail,
    print_findings,
    say,
    write,
    writing,
)
from labbuilder.cluster.labs import ClusterLab, find_labs, recreate
from labbuilder.documents import Document
from labbuilder.documents.files import load_file
from labbuilder.errors import Finding, LabBuilderError
from labbuilder.escape import visible_json
from labbuilder.output import to_yaml
from labbuilder.users.configuration import read_lab_config

__all__ = ["print_states"]


def print_states(
    files: Sequence[str], config: str | None, username: str | None, output: ManifestFormat
) -> None:
    """Print the states of the labs whose objects are in the files."""
    try:
        labs = _labs(files, username)
        site = read_lab_config(config)
    except LabBuilderError as error:
        fail(error.findings)
    if not labs:
        whose = "" if username is None else f" of user {username!a}"
        say(f"no lab{whose} in the input")
        raise typer.Exit(EXIT_ERROR)
    states: list[dict[str, Any]] = []
    for lab in labs:
        found, findings = recreate(lab, site, own_prefix=config is not None)
        print_findings(findings)
        if found:
            states.append(found.model_dump(mode="json"))
    with writing("the state"):
        write(_text(states, output))
    if len(states) < len(labs):
        raise typer.Exit(EXIT_FINDINGS)


def _labs(files: Sequence[str], username: str | None) -> list[ClusterLab]:
    documents: list[Document] = []
    findings: list[Finding] = []
    for file in dict.fromkeys(files):
        try:
            documents += load_file(file, as_kubectl=True)
        except LabBuilderError as error:
            findings += error.findings
    if findings:
        raise LabBuilderError(findings)
    return find_labs(documents, username)


def _text(states: list[dict[str, Any]], output: ManifestFormat) -> str:
    if output is ManifestFormat.YAML:
        return to_yaml(states)
    return visible_json(json.dumps(states, indent=2, ensure_ascii=False)) + "\n"
