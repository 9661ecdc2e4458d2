"""The command ``check``: what is wrong with manifests and user files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from labbuilder.cli.options import (
    Accept,
    AllowEnv,
    AllowFiles,
    Config,
    IgnoreMissingSchemas,
    Jobs,
    KubernetesVersions,
    PodSecurity,
    ReportFormat,
    Skip,
    Templates,
    Trusted,
    check_name,
    make_access,
)

if TYPE_CHECKING:
    from labbuilder.users.compile import UserOptions

__all__ = ["check"]


def check(
    *,
    files: Annotated[
        list[str],
        typer.Argument(
            callback=check_name,
            metavar="FILE...",
            help="Manifests and user files, folders, globs, newline-delimited JSON (*.ndjson, "
            "*.jsonl), or - for standard input.",
        ),
    ],
    config: Config = None,
    templates: Templates = None,
    allow_files: AllowFiles = None,
    allow_env: AllowEnv = None,
    trusted: Trusted = False,
    kubernetes_version: KubernetesVersions = None,
    accept: Accept = None,
    pod_security: PodSecurity = None,
    hub: Annotated[
        str | None,
        typer.Option(
            metavar="NAMESPACE:LABEL=VALUE",
            help="Where the hub is, and its pod's labels, separated by commas; * is any "
            "namespace.  [default: *:app=jupyterhub]",
            show_default=False,
        ),
    ] = None,
    skip: Skip = None,
    ignore_missing_schemas: IgnoreMissingSchemas = False,
    output: Annotated[
        ReportFormat, typer.Option("-o", "--output", help="Report format.")
    ] = ReportFormat.TEXT,
    jobs: Jobs = 1,
) -> None:
    """Check manifests and user files.

    For example: labbuilder check lab.yaml

    All manifests are checked together, whatever tool made them. A user file is compiled and its
    lab is checked, but not printed. Each line of newline-delimited JSON is checked by itself.

    Exits with 0 if there is no error, with 1 if there is one, and with 2 if a file can't be read
    or everything was skipped.
    """
    from labbuilder.cli.actions.check import check_files  # noqa: PLC0415 (see cli.options)

    access = make_access(allow_files, allow_env, trusted=trusted)
    users: UserOptions = {
        "config": config,
        "access": access,
        "templates": templates,
        "accept": accept or (),
    }
    check_files(
        files,
        users,
        kubernetes_version or (),
        output,
        jobs,
        pod_security=pod_security.value if pod_security else "",
        hub=hub,
        skip=skip or (),
        ignore_missing_schemas=ignore_missing_schemas,
    )
