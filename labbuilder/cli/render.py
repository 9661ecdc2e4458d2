"""The command ``render``: user files to manifests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labbuilder.cli.options import Config, Form, KubernetesVersion, Templates, UserFiles
from labbuilder.cli.streams import TROUBLE, give_up, say, writing, written

if TYPE_CHECKING:
    from labbuilder.errors import Finding
    from labbuilder.objects import Manifest

__all__ = ["render"]


def render(
    *,
    files: UserFiles,
    config: Config = None,
    templates: Templates = None,
    kubernetes_version: KubernetesVersion = None,
    output: Annotated[Form, typer.Option("-o", "--output", help="The form.")] = Form.YAML,
    output_dir: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write one file an object there, and print nothing."),
    ] = None,
    redact_secrets: Annotated[
        bool, typer.Option("--redact-secrets", help="Write ********** for secrets' values.")
    ] = False,
) -> None:
    """Render the labs of users, one after the other.

    For example: labbuilder render user.yaml > lab.yaml

    Exits with 0 if all is well and with 2 if any input is wrong; then nothing is written.
    """
    # Late, so that --help and completion don't wait for it.
    from labbuilder import output as writer  # noqa: PLC0415
    from labbuilder.errors import LabBuilderError  # noqa: PLC0415

    try:
        manifests = _compile(files, config, templates, kubernetes_version)
        if redact_secrets:
            manifests = [writer.redact(manifest) for manifest in manifests]
        if output_dir:
            with writing("the labs"):
                _write(output_dir, writer.to_files(manifests, output.value))
        else:
            to_text = writer.to_yaml if output is Form.YAML else writer.to_json
            with writing("the labs"):
                written(to_text(manifests))
    except LabBuilderError as error:
        give_up(error.findings)


def _compile(
    files: list[str], config: str | None, templates: str | None, kubernetes_version: str | None
) -> list[Manifest]:
    """Compile every document of every file; raise what is wrong with any of them at the end."""
    from labbuilder.errors import LabBuilderError, Severity  # noqa: PLC0415 (see render)
    from labbuilder.userfile import UserFiles, read_documents  # noqa: PLC0415

    users = UserFiles(config=config, templates=templates, kubernetes_version=kubernetes_version)
    manifests: list[Manifest] = []
    findings: list[Finding] = []
    for file in files:
        try:
            documents = read_documents(file)
        except LabBuilderError as error:
            findings += error.findings
            continue
        for document in documents:
            try:
                lab = users.compile(document)
            except LabBuilderError as error:
                findings += error.findings
            else:
                manifests += lab.manifests()
                findings += lab.warnings
    findings = list(dict.fromkeys(findings))  # labs share the findings of their configuration
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise LabBuilderError(findings)
    say(findings)
    return manifests


def _write(folder: Path, texts: dict[str, str]) -> None:
    _refuse_leftovers(folder, texts)
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if "-secret-" in name:
            path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")


def _refuse_leftovers(folder: Path, texts: dict[str, str]) -> None:
    """Refuse files of an earlier run, which would be applied along with this one's."""
    known = {folder / name for name in texts}
    left = sorted(
        path
        for parent in {path.parent for path in known if path.parent.is_dir()}
        for path in parent.iterdir()
        if path.suffix in {".yaml", ".json"} and path not in known
    )
    for path in left:
        typer.echo(f"{path}: would be left over from an earlier run; remove it", err=True)
    if left:
        raise typer.Exit(TROUBLE)
