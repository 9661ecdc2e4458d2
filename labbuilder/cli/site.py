"""The site's configuration, for commands that need nothing of a user's but the name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from labbuilder.models import LabConfig

__all__ = ["SiteConfig", "read_config"]

SiteConfig = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The site's configuration.  [default: a small site that labbuilder ships]",
        show_default=False,
    ),
]


def read_config(file: str | None) -> LabConfig:
    """Read a site's configuration.

    Parameters
    ----------
    file
        Its path; None is the small site that labbuilder ships.

    Returns
    -------
    LabConfig
        The configuration.

    Raises
    ------
    LabBuilderError
        If it can't be read or is wrong, with every complaint, placed in the file.
    """
    # Late, as in the commands.
    from labbuilder.data import DEFAULT_SITE  # noqa: PLC0415
    from labbuilder.documents import load  # noqa: PLC0415
    from labbuilder.documents.files import read  # noqa: PLC0415
    from labbuilder.errors import Finding, LabBuilderError  # noqa: PLC0415
    from labbuilder.models import LabConfig  # noqa: PLC0415
    from labbuilder.models.complaints import validated  # noqa: PLC0415
    from labbuilder.models.config import lab_section  # noqa: PLC0415

    documents = load(DEFAULT_SITE if file is None else read(Path(file)), file or "")
    document = documents[0]
    if len(documents) > 1:
        message, hint = "a configuration is one YAML document", "give it a file of its own"
        source = documents[1].source(())
        raise LabBuilderError([Finding("several-documents", message, hint=hint, source=source)])
    if document.data is None:
        raise LabBuilderError([Finding("empty-file", f"{file} holds no configuration")])
    section, at = lab_section(document.data)
    config, findings = validated(LabConfig, section, at or ("config",))
    if config:
        return config
    placed = []
    for finding in findings:
        path = finding.path if at else finding.path[1:]
        source = document.source(path, key=finding.about_key)
        placed.append(replace(finding, path=path, source=source))
    raise LabBuilderError(placed)
