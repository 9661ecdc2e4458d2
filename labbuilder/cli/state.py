"""The command ``state``: labs' states from their objects in a cluster."""

from __future__ import annotations

from typing import Annotated

import typer

from labbuilder.cli.options import ManifestFormat, SiteConfig, check_name

__all__ = ["state"]


def state(
    *,
    files: Annotated[
        list[str],
        typer.Argument(
            callback=check_name,
            metavar="OBJECTS.yaml...",
            help="Output of kubectl get configmap,resourcequota,pod -o yaml (or json), or - for "
            "standard input.",
        ),
    ],
    config: SiteConfig = None,
    username: Annotated[
        str | None, typer.Option(metavar="NAME", help="Print only this user's lab.")
    ] = None,
    output: Annotated[
        ManifestFormat, typer.Option("-o", "--output", help="Output format.")
    ] = ManifestFormat.YAML,
) -> None:
    """Recreate labs' states from objects in a cluster.

    For example: labbuilder state objects.yaml --config site.yaml

    The objects are the output of kubectl get configmap,resourcequota,pod -n labs-rosalind -o yaml.

    Labs are found by the names of their objects, across all files. The configuration defines the
    sizes of labs. Each state is a YAML document, or an item of a JSON list.

    Exits with 0 on success, with 1 if the state of a lab can't be recreated, and with 2 if a file
    can't be read or has no lab.
    """
    from labbuilder.cli.actions.state import print_states  # noqa: PLC0415 (see cli.options)

    print_states(files, config, username, output)
