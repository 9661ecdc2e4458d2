"""The configuration file of a site: read, and checked to hold one configuration."""

from __future__ import annotations

from pathlib import Path

from labbuilder.data import DEFAULT_SITE
from labbuilder.documents import Document, load
from labbuilder.documents.files import read
from labbuilder.errors import Finding, LabBuilderError
from labbuilder.models import LabConfig
from labbuilder.models.complaints import validated
from labbuilder.models.config import lab_section
from labbuilder.users.origins import Origin, place

__all__ = ["parse_configuration", "read_configuration", "read_lab_config"]


def read_configuration(file: str | None) -> Document:
    """Read a site's configuration, but don't validate it; None is the default site.

    It raises `LabBuilderError` if the file can't be read or is not one YAML document.
    """
    if file is None:
        return parse_configuration(DEFAULT_SITE, "<default site>")
    return parse_configuration(read(Path(file)), file)


def parse_configuration(text: str | bytes, file: str) -> Document:
    """Parse the text of a configuration, but don't validate it.

    It raises `LabBuilderError` if the text is not one YAML document.
    """
    documents = load(text, file)
    if len(documents) > 1:
        message = "a configuration must be one YAML document"
        hint, source = "move this one to its own file", documents[1].source(())
        raise LabBuilderError([Finding("several-documents", message, hint=hint, source=source)])
    if documents[0].data is None:
        source = documents[0].source(())
        message = "the file has no configuration"
        raise LabBuilderError([Finding("empty-file", message, source=source)])
    return documents[0]


def read_lab_config(file: str | None) -> LabConfig:
    """Read and validate a site's configuration; None is the default site.

    It raises `LabBuilderError` with everything that is wrong, placed in the file.
    """
    document = read_configuration(file)
    section, at = lab_section(document.data)
    config, findings = validated(LabConfig, section, ("config", *at))
    if config is None:
        raise LabBuilderError(place(findings, {"config": Origin(document)}))
    return config
