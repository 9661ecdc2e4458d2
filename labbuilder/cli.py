"""The command line: reads files, prints, exits."""

from __future__ import annotations

import errno
import io
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labbuilder.checking import Checked
    from labbuilder.errors import Finding
    from labbuilder.objects import Manifest

__all__ = ["app", "main"]

app = typer.Typer(
    help="Compile JupyterLab users into the Kubernetes manifests of their labs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_ERRORS_FOUND = 1
_TROUBLE = 2


class Form(StrEnum):
    """Forms of output."""

    YAML = "yaml"
    JSON = "json"


class Report(StrEnum):
    """Formats of reports."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"
    JUNIT = "junit"


def _version(asked: bool) -> None:  # noqa: FBT001 (typer calls it)
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 (costs time that others save)

        typer.echo(f"labbuilder {version('labbuilder')}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which one.")
    ] = False,
) -> None:
    """Compile JupyterLab users into the Kubernetes manifests of their labs."""


@app.command()
def render(
    *,
    files: Annotated[
        list[str], typer.Argument(metavar="USER.yaml...", help="User files; - is standard input.")
    ],
    config: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The site's configuration, whatever user files name."),
    ] = None,
    templates: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="The site's own fragments, which go before ours."),
    ] = None,
    kubernetes_version: Annotated[
        str | None,
        typer.Option(
            "--kubernetes-version",
            "--kube-version",
            metavar="VERSION",
            help="What manifests are checked against, such as 1.34.  [default: the newest]",
        ),
    ] = None,
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
            _write(output_dir, writer.to_files(manifests, output.value))
        else:
            to_text = writer.to_yaml if output is Form.YAML else writer.to_json
            _print(to_text(manifests))
    except BrokenPipeError:
        raise
    except OSError as error:
        typer.echo(f"the labs can't be written: {error.strerror}", err=True)
        raise typer.Exit(_TROUBLE) from None
    except LabBuilderError as error:
        _give_up(error.findings)


@app.command()
def check(
    *,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Manifests; - is standard input.")
    ],
    kubernetes_version: Annotated[
        list[str] | None,
        typer.Option(
            "--kubernetes-version",
            "--kube-version",
            metavar="VERSION",
            help="What they are checked against, such as 1.34, or all; may be given several "
            "times.  [default: the newest]",
        ),
    ] = None,
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
        texts = _read(files)
    except LabBuilderError as error:
        _give_up(error.findings)
    checked = check_texts(texts, versions)
    try:
        _print(_report(checked, texts, output))
    except BrokenPipeError:
        raise
    except OSError as error:
        typer.echo(f"the report can't be written: {error.strerror}", err=True)
        raise typer.Exit(_TROUBLE) from None
    if any(finding.severity is Severity.ERROR for finding in checked.findings):
        raise typer.Exit(_ERRORS_FOUND)


def _read(files: Sequence[str]) -> dict[str, bytes]:
    """Read every file, or raise which can't be."""
    from labbuilder.errors import Finding, LabBuilderError  # noqa: PLC0415 (see render)
    from labbuilder.userdocument import read  # noqa: PLC0415 (see render)

    texts: dict[str, bytes] = {}
    findings: list[Finding] = []
    for file in dict.fromkeys(files):
        try:
            if file != "-":
                texts[file] = read(Path(file))
            elif sys.stdin:
                texts["<stdin>"] = sys.stdin.buffer.read()
            else:
                findings.append(Finding("unreadable-file", "standard input is closed"))
        except LabBuilderError as error:
            findings += error.findings
        except OSError as error:
            message = f"standard input can't be read: {error.strerror}"
            findings.append(Finding("unreadable-file", message))
    if findings:
        raise LabBuilderError(findings)
    return texts


def _report(checked: Checked, texts: Mapping[str, bytes], output: Report) -> str:
    from importlib.metadata import version  # noqa: PLC0415 (see render)

    from labbuilder.reports import REPORTERS, Context, Subject  # noqa: PLC0415 (see render)
    from labbuilder.reports.lines import SourceLines  # noqa: PLC0415 (see render)

    context = Context(
        subjects=[Subject(*each) for each in checked.objects],
        line=SourceLines(texts, checked.documents),
        colour=bool(sys.stdout and sys.stdout.isatty() and not os.environ.get("NO_COLOR")),
        version=version("labbuilder"),
    )
    return REPORTERS[output.value](checked.findings, context)


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
    for finding in findings:
        typer.echo(str(finding), err=True)
    return manifests


def _print(text: str) -> None:
    if not sys.stdout:  # whoever started us has closed it
        raise OSError(errno.EBADF, "standard output is closed")
    sys.stdout.write(text)
    sys.stdout.flush()


def _write(folder: Path, texts: dict[str, str]) -> None:
    try:
        _refuse_leftovers(folder, texts)
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if "-secret-" in name:
                path.touch(mode=0o600)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        typer.echo(f"{error.filename}: can't be written: {error.strerror}", err=True)
        raise typer.Exit(_TROUBLE) from None


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
        raise typer.Exit(_TROUBLE)


def _give_up(findings: Sequence[Finding]) -> NoReturn:
    for finding in findings:
        typer.echo(str(finding), err=True)
    raise typer.Exit(_TROUBLE)


def main() -> None:
    """Run the command line."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # as YAML and JSON are, whatever the locale
    try:
        app()
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has had enough; Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_TROUBLE)
