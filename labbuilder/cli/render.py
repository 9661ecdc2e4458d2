"""The command ``render``: user files to manifests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labbuilder.cli.options import (
    Accept,
    AllowEnv,
    AllowFiles,
    Config,
    Jobs,
    KubernetesVersion,
    LabFormat,
    Templates,
    Trusted,
    UserFiles,
    check_name,
    make_access,
)

if TYPE_CHECKING:
    from labbuilder.users.compile import UserOptions

__all__ = ["render"]


def render(
    *,
    files: UserFiles,
    config: Config = None,
    templates: Templates = None,
    allow_files: AllowFiles = None,
    allow_env: AllowEnv = None,
    trusted: Trusted = False,
    kubernetes_version: KubernetesVersion = None,
    accept: Accept = None,
    output: Annotated[
        LabFormat,
        typer.Option("-o", "--output", help="Output format; ndjson is one List per lab and line."),
    ] = LabFormat.YAML,
    output_dir: Annotated[
        str | None,
        typer.Option(
            callback=check_name,
            metavar="DIR",
            help="Write one file per object there, and print nothing.",
        ),
    ] = None,
    redact_secrets: Annotated[
        bool, typer.Option("--redact-secrets", help="Print ********** for secrets' values.")
    ] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Write the valid labs even if others fail.")
    ] = False,
    jobs: Jobs = 1,
) -> None:
    """Render users' labs as Kubernetes manifests.

    For example: labbuilder render user.yaml > lab.yaml

    Folders, globs and newline-delimited JSON (one user per line) work too:
    labbuilder render users/ -o ndjson --jobs 4 --keep-going > labs.ndjson

    Exits with 0 on success and with 2 if any input is wrong; nothing is written then, except with
    --keep-going.
    """
    from labbuilder.cli.actions.render import render_labs  # noqa: PLC0415 (see cli.options)

    users: UserOptions = {
        "config": config,
        "access": make_access(allow_files, allow_env, trusted=trusted),
        "templates": templates,
        "kubernetes_version": kubernetes_version,
        "accept": accept or (),
    }
    render_labs(
        files,
        users,
        output.value,
        Path(output_dir) if output_dir else None,
        redacted=redact_secrets,
        keep_going=keep_going,
        jobs=jobs,
    )
