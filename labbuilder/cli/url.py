"""The command ``url``: where a user's lab is reached inside the cluster."""

from __future__ import annotations

from typing import Annotated

import typer

from labbuilder.cli.site import SiteConfig, read_config
from labbuilder.cli.streams import give_up, writing, written

__all__ = ["url"]


def url(
    *,
    username: Annotated[str, typer.Argument(metavar="USERNAME", help="Whose lab it is.")],
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
    """Write the URL at which the hub reaches a user's lab inside the cluster.

    For example: labbuilder url rosalind --config site.yaml

    Exits with 0 if all is well and with 2 if any input is wrong.
    """
    # Late, as in render.
    from labbuilder.errors import LabBuilderError  # noqa: PLC0415
    from labbuilder.users.roster import internal_url  # noqa: PLC0415

    try:
        found = internal_url(read_config(config), username, prefix)
    except LabBuilderError as error:
        give_up(error.findings)
    with writing("the URL"):
        written(f"{found}\n")
