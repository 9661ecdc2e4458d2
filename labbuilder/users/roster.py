"""The names of many users' labs, and the users whose labs can't be named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from labbuilder import models
from labbuilder.errors import Finding, LabBuilderError, Source
from labbuilder.lab.names import build_internal_url, build_object_names
from labbuilder.lab.storage import Storage
from labbuilder.models.complaints import validated
from labbuilder.models.user import User
from labbuilder.names import is_dns_label, is_service_prefix

__all__ = ["Roster", "check_username", "describe_names", "internal_url"]


@dataclass(slots=True)
class Roster:
    """The users of a site whose labs can be named, each once with its place.

    The findings say why others can't be named; the prefix is the site's ``namespacePrefix``.
    """

    prefix: str
    users: dict[str, Source] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def add(self, names: Iterable[tuple[str, Source]]) -> None:
        """Add users, each with the place of the name."""
        for name, source in names:
            if name in self.users:
                self.findings.append(self._duplicate(name, source))
            elif found := list(check_username(self.prefix, name, source)):
                self.findings += found
            else:
                self.users[name] = source

    def _duplicate(self, name: str, source: Source) -> Finding:
        namespace = build_object_names(self.prefix, name).namespace
        first = self.users[name]
        message = f"namespace {namespace} is already used by {first.file}:{first.line}"
        return Finding("duplicate-user", message, hint="remove one of them", source=source)


def check_username(prefix: str, username: str, source: Source | None = None) -> Iterator[Finding]:
    """Yield the reasons why a user's lab can't be named, with the place of the name."""
    _, found = validated(User, {"username": username, "uid": 1, "gid": 1}, ())
    for each in found:
        yield Finding(each.code, each.message, hint=each.hint, source=source)
    namespace = build_object_names(prefix, username).namespace
    if not found and not is_dns_label(namespace):
        message = f"namespace {namespace} must be at most 63 characters"
        hint = "shorten the username or the configuration's namespacePrefix"
        yield Finding("name-too-long", message, hint=hint, source=source)


def describe_names(storage: Storage, username: str) -> dict[str, Any]:
    """Return the names of a lab's objects, in the order in which objects are applied.

    The claims are a mapping by volume.
    """
    config = storage.config
    names = build_object_names(config.namespace_prefix, username)
    return {
        "username": username,
        "namespace": names.namespace,
        "quota": names.quota,
        "envConfigMap": names.env_config_map,
        "nssConfigMap": names.nss_config_map,
        "filesConfigMap": names.files_config_map,
        "secret": names.secret,
        **({"pullSecret": names.pull_secret} if config.pull_secret else {}),
        "persistentVolumeClaims": {volume: names.claim(volume) for volume in storage.claimed},
        "networkPolicy": names.network_policy,
        "service": names.service,
        "pod": names.pod,
    }


def internal_url(config: models.LabConfig, username: str, prefix: str | None = None) -> str:
    """Return the URL of a lab inside the cluster: ``http://lab.labs-vera:8888/user/vera/``.

    The prefix is the lab's ``JUPYTERHUB_SERVICE_PREFIX``; JupyterHub's own by default.

    Raises
    ------
    LabBuilderError
        If the lab can't be named, or the prefix is not a URL path.
    """
    findings = list(check_username(config.namespace_prefix, username))
    path = f"/user/{username}/" if prefix is None else prefix
    if prefix is not None and not is_service_prefix(prefix):
        message, hint = "prefix is not a valid URL path", f"use /user/{username}/"
        findings.append(Finding("invalid-prefix", message, hint=hint))
    if findings:
        raise LabBuilderError(findings)
    return build_internal_url(
        build_object_names(config.namespace_prefix, username).namespace, path
    )
