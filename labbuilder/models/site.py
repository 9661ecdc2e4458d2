"""Facts of a site that a controller learns at run time and not from its configuration."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import AfterValidator, Field, JsonValue

from labbuilder.models.base import Model, computed_once, matching, refused
from labbuilder.models.image import ContainerImage

__all__ = ["Site"]


_EXAMPLE = "use a URL such as https://data.example.org"


def _is_url(text: str) -> bool:
    scheme, _, rest = text.partition("://")
    return scheme in {"http", "https"} and bool(rest) and text.isprintable() and " " not in text


def _no_odd_credentials(text: str) -> str:
    """Refuse what may hold a password and is no URL without quoting it."""
    if "@" in text and not _is_url(text):
        refused("invalid-url", "is not a valid URL", _EXAMPLE)
    return text


def _json(value: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(value, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        refused(
            "invalid-json", "is not valid JSON", "remove NaN, infinity and circular references"
        )
    return value


Url = Annotated[
    str, AfterValidator(_no_odd_credentials), matching(_is_url, "invalid-url", "URL", _EXAMPLE)
]


class Site(Model):
    """Facts of a site that aren't configuration."""

    base_url: Url
    """URL at which users reach the site."""
    discovery: Annotated[dict[str, JsonValue], AfterValidator(_json), Field(repr=False)]
    """Service discovery document, which labs find at `/etc/nublado/discovery/v1.json`."""
    repertoire_base_url: Url | None = None
    """URL of the service discovery service, if the site has one."""
    controller_image: ContainerImage = ContainerImage(
        repository="ghcr.io/lsst-sqre/nublado", tag="11.1.1"
    )
    """Image of the standard init containers."""

    @computed_once
    def discovery_json(self) -> str:
        """The discovery document as text."""
        return json.dumps(self.discovery, indent=2, sort_keys=True)
