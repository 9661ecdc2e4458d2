"""The command ``url``: the URL of a user's lab inside the cluster."""

from __future__ import annotations

from typing import Annotated

import typer

from labbuilder.cli.options import SiteConfig

__all__ = ["url"]


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
    from labbuilder.cli.actions.url import print_url  # noqa: PLC0415 (see cli.options)

    print_url(username, config, prefix)
