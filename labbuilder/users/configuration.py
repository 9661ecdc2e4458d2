"""The configuration file of a site: read, and checked to hold one configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labbuilder.data import DEFAULT_SITE
from labbuilder.documents import Document, load
from labbuilder.documents.files import read
from labbuilder.errors import Finding, LabBuilderError
from labbuilder.models import LabConfig
from labbuilder.models.complaints import validated
from labbuilder.models.config import lab_section
from labbuilder.users.origins import Origin, place

__all__ = ["parse_configuration", "parse_own", "read_configuration", "read_lab_config"]

# What a configuration has, in any spelling; one that isn't YAML has it, too.
_KEYS = {"namespaceprefix", "sizes"}
_HAS_KEY = re.compile(rb"\b(?:namespace_?prefix|sizes)[\"']?[ \t]*:", re.IGNORECASE)


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


def parse_own(text: bytes, file: str) -> Document | None:
    """Parse the configuration that a user file names; None if the text holds no configuration.

    Findings about a configuration name its keys, which must not be shown of any other file.
    """
    try:
        document = parse_configuration(text, file)
    except LabBuilderError:
        if _HAS_KEY.search(text):
            raise
        return None
    return document if _is_configuration(document.data) else None


def _is_configuration(data: Any) -> bool:
    section = lab_section(data)[0]
    keys = section if isinstance(section, Mapping) else ()
    return any(key.replace("_", "").lower() in _KEYS for key in keys)


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
