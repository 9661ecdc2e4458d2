"""The command ``diff``: what changed in labs, and the effect on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from labbuilder.cli.options import (
    Accept,
    AllowEnv,
    AllowFiles,
    Config,
    KubernetesVersion,
    Templates,
    TextFormat,
    TextOutput,
    Trusted,
    check_name,
    make_access,
)

if TYPE_CHECKING:
    from labbuilder.users.compile import UserOptions

__all__ = ["diff"]


def diff(
    *,
    files: Annotated[
        list[str],
        typer.Argument(
            callback=check_name,
            metavar="USER.yaml LAB.yaml",
            help="A user file and the lab rendered from it; with --against-config any number of "
            "user files, folders, globs, newline-delimited JSON. - is standard input.",
        ),
    ],
    against_config: Annotated[
        str | None,
        typer.Option(
            callback=check_name,
            metavar="OLD.yaml",
            help="Compare labs by this configuration with labs by the current one; all arguments "
            "are user files then.",
        ),
    ] = None,
    config: Config = None,
    templates: Templates = None,
    allow_files: AllowFiles = None,
    allow_env: AllowEnv = None,
    trusted: Trusted = False,
    kubernetes_version: KubernetesVersion = None,
    accept: Accept = None,
    output: TextOutput = TextFormat.TEXT,
) -> None:
    """Show what changed since a lab was rendered.

    For example: labbuilder diff user.yaml lab.yaml

    Or compare two configurations, for many users; equal changes are counted:
    labbuilder diff --against-config old-site.yaml --config site.yaml users/

    Each change has a class, its effect on a running lab: nothing, restart, recreate, or data at
    risk.

    Exits with 0 if nothing changed, with 1 if something did, and with 2 if any input is wrong.
    """
    from labbuilder.cli.actions.diff import diff_configurations, diff_lab  # noqa: PLC0415 (see cli.options)

    if files.count("-") > 1:
        raise typer.BadParameter("Standard input can be used only once.")
    current: UserOptions = {
        "config": config,
        "any_own": against_config is not None,
        "access": make_access(allow_files, allow_env, trusted=trusted),
        "templates": templates,
        "kubernetes_version": kubernetes_version,
        "accept": accept or (),
    }
    if against_config is not None:
        diff_configurations(files, {**current, "config": against_config}, current, output)
    elif len(files) == 2:  # noqa: PLR2004 (a user file and a lab)
        diff_lab(files[0], files[1], current, output)
    else:
        raise typer.BadParameter(
            f"Expected 2 files, a user file and the lab rendered from it, but got {len(files)}; "
            "use --against-config to compare configurations."
        )
