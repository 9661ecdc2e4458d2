"""The commands ``names`` and ``url``: how the objects and the address of a lab are named."""

from __future__ import annotations

from typing import Annotated

import typer

from labbuilder.cli.options import SiteConfig, TextFormat, TextOutput

__all__ = ["names", "url"]


def names(
    *,
    usernames: Annotated[
        list[str],
        typer.Argument(
            metavar="USERNAME...", help="Usernames, or - for standard input, one per line."
        ),
    ],
    config: SiteConfig = None,
    output: TextOutput = TextFormat.TEXT,
) -> None:
    """Print the names of labs' objects.

    For example: labbuilder names rosalind --config site.yaml

    Prints every name for one user; for several users the text format has only the namespaces:
    labbuilder names - < usernames.txt

    Exits with 0 on success, with 1 if a username is invalid, duplicated or makes a name that is
    too long for Kubernetes, and with 2 if the input can't be read.
    """
    from labbuilder.cli.actions.names import print_names  # noqa: PLC0415 (see cli.options)

    print_names(usernames, config, output)


def url(
    *,
    username: Annotated[str, typer.Argument(metavar="USERNAME", help="The lab's user.")],
    config: SiteConfig = None,
    prefix: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="The lab's JUPYTERHUB_SERVICE_PREFIX.  [default: /user/USERNAME/]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Print a lab's URL inside the cluster.

    This is the URL at which JupyterHub reaches the lab.

    For example: labbuilder url rosalind --config site.yaml

    Exits with 0 on success and with 2 if any input is wrong.
    """
    from labbuilder.cli.actions.names import print_url  # noqa: PLC0415 (see cli.options)

    print_url(username, config, prefix)
