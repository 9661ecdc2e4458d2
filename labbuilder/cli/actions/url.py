"""Prints the URL of a lab."""

from __future__ import annotations

from labbuilder.cli.streams import fail, write, writing
from labbuilder.errors import LabBuilderError
from labbuilder.users.configuration import read_lab_config
from labbuilder.users.roster import internal_url

__all__ = ["print_url"]


def print_url(username: str, config: str | None, prefix: str | None) -> None:
    """Print the URL of a user's lab inside the cluster."""
    try:
        found = internal_url(read_lab_config(config), username, prefix)
    except LabBuilderError as error:
        fail(error.findings)
    with writing("the URL"):
        write(f"{found}\n")
