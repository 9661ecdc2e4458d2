"""The async edge: a replacement for the ``LabBuilder`` of Nublado's controller."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

from labbuilder import models
from labbuilder.cluster.clients import plain, to_client_model, to_client_models
from labbuilder.cluster.state import recreate_lab_state
from labbuilder.compiler import LabCompiler
from labbuilder.errors import Finding, LabBuilderError, Path, format_path, shown
from labbuilder.escape import visible
from labbuilder.fragments import Templates
from labbuilder.lab.names import (
    LabObjectNames,
    build_internal_url,
    build_object_names,
    check_names,
)
from labbuilder.lab.objects import LabObjects, LabStateObjects
from labbuilder.models.complaints import validated
from labbuilder.models.config import read_foreign_config
from labbuilder.models.foreign import without_unknown
from labbuilder.models.state import LabState
from labbuilder.names import SERVICE_PREFIX_ENV, is_service_prefix, is_username
from labbuilder.sealed import sealed, sealed_async
from labbuilder.validation import schemas
from labbuilder.validation.rules import RULES

__all__ = [
    "DiscoveryClient",
    "LabBuilder",
    "LabObjectNames",
    "LabObjects",
    "LabState",
    "LabStateObjects",
    "plain",
    "to_client_model",
    "to_client_models",
]

_VARIABLES = {
    "repository": "NUBLADO_CONTROLLER_REPOSITORY",
    "tag": "NUBLADO_CONTROLLER_TAG",
    "pull_policy": "NUBLADO_CONTROLLER_PULL_POLICY",
    "repertoire_base_url": "REPERTOIRE_BASE_URL",
}


class DiscoveryClient(Protocol):
    """A client of service discovery, such as Repertoire's."""

    async def build_nublado_dict(self) -> dict[str, Any]:
        """Fetch the document."""


class LabBuilder:
    """Builds labs, and recreates their state from a cluster's objects.

    The constructor reads ``NUBLADO_CONTROLLER_REPOSITORY``, ``_TAG`` and ``_PULL_POLICY`` (the
    image of the standard init containers) and ``REPERTOIRE_BASE_URL`` from the process's
    environment. Nothing else is read, then or later, but the folder of fragments.

    Parameters
    ----------
    config
        The site's configuration: a model, Nublado's own among them, or what a configuration file
        holds. Settings of Nublado's that labbuilder doesn't know are logged and ignored.
    base_url
        URL at which users reach the site.
    discovery_client
        Client that fetches the service discovery document.
    logger
        A structlog logger, whose events have the user bound, or a logger of `logging`.
    templates, kubernetes_version, accept
        As `labbuilder.LabCompiler` takes them.

    Raises
    ------
    LabBuilderError
        With all findings, if the configuration, URL, environment, version or a fragment is wrong.
    """

    @sealed
    def __init__(
        self,
        *,
        config: models.LabConfig | Mapping[str, Any] | object,
        base_url: str,
        discovery_client: DiscoveryClient,
        logger: Any,
        templates: Templates = None,
        kubernetes_version: str = schemas.NEWEST,
        accept: Collection[str] = (),
    ) -> None:
        site, findings = _read_site(base_url)
        unknown: list[Path] = []
        try:
            section, unknown = read_foreign_config(config)
            self._compiler = LabCompiler(
                section,
                templates=templates,
                kubernetes_version=kubernetes_version,
                accept=accept,
            )
        except LabBuilderError as error:
            findings = [*error.findings, *findings]
        if not site or findings:
            raise LabBuilderError(findings)
        self._site = dict(site)
        self._discovery_client = discovery_client
        self._logger = logger
        self._said: set[tuple[str, Path, str]] = set()
        if unknown:
            self._log("warning", "Configuration has unknown settings", map(format_path, unknown))

    @sealed
    def build_internal_url(self, username: str, env: Mapping[str, str]) -> str:
        """Return a lab's URL inside the cluster, such as ``http://lab.labs-vera:8888/user/vera/``.

        Parameters
        ----------
        username
            The username.
        env
            The lab's environment, whose ``JUPYTERHUB_SERVICE_PREFIX`` must be the path of a URL.

        Raises
        ------
        LabBuilderError
            If either is invalid.
        """
        findings = [*check_names(self._compiler.config.namespace_prefix, username)]
        prefix = env.get(SERVICE_PREFIX_ENV)
        if not isinstance(prefix, str) or not is_service_prefix(prefix):
            message = "is missing" if prefix is None else "must be the path of a URL"
            at, hint = ("env", SERVICE_PREFIX_ENV), "use /user/USERNAME/"
            findings.append(Finding("invalid-prefix", message, at, hint))
        if findings or not prefix:
            raise LabBuilderError(findings)
        return build_internal_url(self.build_object_names(username).namespace, prefix)

    @sealed_async
    async def build_lab(
        self,
        *,
        user: models.User | Mapping[str, Any] | object,
        lab: models.LabSpecification | Mapping[str, Any] | object,
        image: models.Image | Mapping[str, Any] | str | object,
        secrets: models.SecretData | Mapping[str, str],
        pull_secret: models.PullSecret | Mapping[str, Any] | object | None = None,
    ) -> LabObjects:
        """Compile one lab and log warnings. Only discovery is awaited.

        Parameters
        ----------
        user, lab, image, secrets
            As `labbuilder.LabCompiler.compile` takes them; keys of the user's and the lab's
            mappings that labbuilder doesn't know are ignored.
        pull_secret
            The Secret that holds the credentials for pulling images, or its data and type.

        Returns
        -------
        LabObjects
            The manifests, as plain dicts.

        Raises
        ------
        LabBuilderError
            With all findings, if discovery fails or returns no JSON, or an argument is wrong.
        """
        user, _ = without_unknown(models.User, user)
        objects = self._compiler.compile(
            site=await self._discover(),
            user=user,
            lab=without_unknown(models.LabSpecification, lab)[0],
            image=image,
            secrets=secrets,
            pull_secret=_pull_secret(pull_secret),
        )
        warnings = [warning for warning in objects.warnings if self._is_news(warning)]
        if warnings:
            username = models.User.model_validate(user).username
            self._log("warning", "Lab has warnings", warnings, user=username)
        return objects

    def build_object_names(self, username: str) -> LabObjectNames:
        """Return the names of a lab's objects.

        It raises `LabBuilderError` if the username is invalid.
        """
        return build_object_names(self._compiler.config.namespace_prefix, username)

    @sealed_async
    async def recreate_lab_state(
        self, username: str, objects: LabStateObjects | None
    ) -> LabState | None:
        """Recreate the state of a lab from its objects.

        Parameters
        ----------
        username
            The username.
        objects
            The lab's objects in the cluster: plain dicts, or objects of any client library.

        Returns
        -------
        LabState or None
            The state. None if there are no objects, or if something in them is missing,
            unreadable or not the user's, which is logged as one error.
        """
        if objects is None:
            return None
        try:
            return recreate_lab_state(self._compiler.config, username, objects)
        except LabBuilderError as error:
            user = username if is_username(str(username)) else shown(username)
            self._log("error", "Cannot recreate the state of a lab", error.findings, user=user)
            return None

    def _is_news(self, warning: Finding) -> bool:
        """Return whether to log a warning: those about the whole site are logged once."""
        known = (warning.code, warning.path, warning.message)
        said = known in self._said
        rule = RULES.get(warning.code)
        if rule and rule.of_the_site:
            self._said.add(known)
        return not said

    async def _discover(self) -> models.Site:
        at = ("site", "discovery")
        try:
            document = await self._discovery_client.build_nublado_dict()
        except Exception as error:  # noqa: BLE001 (foreign code, whose words may be anything)
            message = f"service discovery failed: {type(error).__name__}"
            raise LabBuilderError([Finding("discovery-failed", message, at)]) from None
        site, findings = validated(models.Site, {**self._site, "discovery": document}, ("site",))
        if not site:
            where = ", ".join(format_path(finding.path) for finding in findings)
            message = f"service discovery returned invalid JSON: {where}"
            raise LabBuilderError([Finding("invalid-discovery", message, at)])
        return site

    def _log(self, level: str, event: str, details: Iterable[object], **user: str) -> None:
        error = "; ".join(map(str, details))
        with suppress(Exception):  # what a logger raises is no reason to lose a lab
            if hasattr(self._logger, "bind"):
                getattr(self._logger.bind(**user), level)(event, error=error)
            else:
                about = f"{event} (user={visible(str(user['user']))})" if user else event
                getattr(self._logger, level)("%s: %s", about, error, extra=user)


def _read_site(base_url: str) -> tuple[models.Site | None, list[Finding]]:
    """Read the facts of the site that don't come from discovery."""
    given = {key: value for key, name in _VARIABLES.items() if (value := os.environ.get(name))}
    url = given.pop("repertoire_base_url", None)
    image = dict(models.Site.model_fields["controller_image"].default) | given
    content = {"base_url": base_url, "repertoire_base_url": url, "controller_image": image}
    site, findings = validated(models.Site, {**content, "discovery": {}}, ("site",))
    for i, finding in enumerate(findings):
        if name := _VARIABLES.get(str(finding.path[-1])):
            findings[i] = replace(finding, path=("environment", name))
    return site, findings


def _pull_secret(value: Any) -> Any:
    """Reduce a whole Secret to its data and type."""
    secret = plain(value)
    if isinstance(secret, dict) and "metadata" in secret:
        return {key: secret[key] for key in ("data", "type") if key in secret}
    return value
