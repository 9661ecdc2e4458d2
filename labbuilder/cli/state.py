"""The command ``state``: what is known of labs from their objects in a cluster."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labbuilder.cli.options import Form
from labbuilder.cli.site import SiteConfig, read_config
from labbuilder.cli.streams import FOUND, TROUBLE, give_up, read_files, say, writing, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labbuilder.cluster.labs import ClusterLab

__all__ = ["state"]


def state(
    *,
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="OBJECTS.yaml...",
            help="What kubectl get configmap,resourcequota,pod -o yaml (or json) prints; "
            "- is standard input.",
        ),
    ],
    config: SiteConfig = None,
    username: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose lab to look for, of all that are.")
    ] = None,
    output: Annotated[Form, typer.Option("-o", "--output", help="The form.")] = Form.YAML,
) -> None:
    """Recreate the state of labs from what a cluster has of them.

    For example: labbuilder state objects.yaml --config site.yaml

    The objects are what kubectl get configmap,resourcequota,pod -n labs-rosalind -o yaml prints.

    Labs are found by the names of their objects, all files together. The configuration tells the
    sizes of labs. A state is a document of YAML, or an item of a list in JSON.

    Exits with 0 if all is well, with 1 if the state of a lab can't be recreated, and with 2 if a
    file can't be read or there is no lab.
    """
    # Late, as in render.
    from labbuilder.cluster.labs import recreate  # noqa: PLC0415
    from labbuilder.errors import LabBuilderError  # noqa: PLC0415

    try:
        texts = read_files(files)
        site = read_config(config)
        labs = _labs(texts, username)
    except LabBuilderError as error:
        give_up(error.findings)
    if not labs:
        whose = "no lab" if username is None else f"no lab of {username!a}"
        typer.echo(f"there is {whose} among the objects", err=True)
        raise typer.Exit(TROUBLE)
    states: list[dict[str, Any]] = []
    for lab in labs:
        found, findings = recreate(lab, site, own_prefix=config is not None)
        say(findings)
        if found:
            states.append(found.model_dump(mode="json"))
    with writing("the state"):
        written(_text(states, output))
    if len(states) < len(labs):
        raise typer.Exit(FOUND)


def _labs(texts: Mapping[str, bytes], username: str | None) -> list[ClusterLab]:
    from labbuilder.cluster.labs import find_labs  # noqa: PLC0415 (see state)
    from labbuilder.documents import MAX_FILE_VALUES, load  # noqa: PLC0415 (see state)
    from labbuilder.errors import Finding, LabBuilderError  # noqa: PLC0415 (see state)

    documents = []
    findings: list[Finding] = []
    for file, text in texts.items():
        try:
            documents += [
                each for each in load(text, file, MAX_FILE_VALUES) if each.data is not None
            ]
        except LabBuilderError as error:
            findings += error.findings
    if findings:
        raise LabBuilderError(findings)
    return find_labs(documents, username)


def _text(states: list[dict[str, Any]], form: Form) -> str:
    from labbuilder.output import to_yaml  # noqa: PLC0415 (see state)

    if form is Form.YAML:
        return to_yaml(states)
    return json.dumps(states, indent=2, ensure_ascii=False) + "\n"
