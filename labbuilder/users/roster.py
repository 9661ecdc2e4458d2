"""What everything of many users' labs will be called, and whose names can't be."""

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

__all__ = ["Roster", "complaints", "describe", "internal_url"]


@dataclass(slots=True)
class Roster:
    """The users of a site, each once.

    Attributes
    ----------
    prefix
        The site's ``namespacePrefix``.
    users
        Where each user stands whose lab can be named, in order.
    findings
        Why others can't be, in order.
    """

    prefix: str
    users: dict[str, Source] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def add(self, names: Iterable[tuple[str, Source]]) -> None:
        """Add users.

        Parameters
        ----------
        names
            The name and the place of each.
        """
        for name, source in names:
            if name in self.users:
                self.findings.append(self._twice(name, source))
            elif found := list(complaints(self.prefix, name, source)):
                self.findings += found
            else:
                self.users[name] = source

    def _twice(self, name: str, source: Source) -> Finding:
        namespace = build_object_names(self.prefix, name).namespace
        first = self.users[name]
        message = f"the namespace {namespace} belongs to {first.file}:{first.line} already"
        return Finding("duplicate-user", message, hint="keep one of them", source=source)


def complaints(prefix: str, username: str, source: Source | None = None) -> Iterator[Finding]:
    """Find out whether a user's lab can be named.

    Parameters
    ----------
    prefix
        The site's ``namespacePrefix``.
    username
        The user.
    source
        Where the name stands, if it stands in a file.

    Yields
    ------
    Finding
        What keeps it from it.
    """
    _, found = validated(User, {"username": username, "uid": 1, "gid": 1}, ())
    for each in found:
        yield Finding(each.code, each.message, hint=each.hint, source=source)
    namespace = build_object_names(prefix, username).namespace
    if not found and not is_dns_label(namespace):
        message = f"namespace {namespace} must be at most 63 characters"
        hint = "shorten the username or the configuration's namespacePrefix"
        yield Finding("name-too-long", message, hint=hint, source=source)


def describe(storage: Storage, username: str) -> dict[str, Any]:
    """Name the objects of a lab.

    Parameters
    ----------
    storage
        What the site's configuration decides about volumes.
    username
        The user.

    Returns
    -------
    dict
        Names by kind, in the order in which objects are applied; of claims a mapping by volume.
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
    """Write the URL at which a user's lab is reached inside the cluster.

    Parameters
    ----------
    config
        The site's configuration.
    username
        The user.
    prefix
        The lab's ``JUPYTERHUB_SERVICE_PREFIX``; JupyterHub's own, ``/user/USERNAME/``, by default.

    Returns
    -------
    str
        Such as ``http://lab.labs-vera:8888/user/vera/``.

    Raises
    ------
    LabBuilderError
        If the lab can't be named, or the prefix is not the path of a URL.
    """
    findings = list(complaints(config.namespace_prefix, username))
    path = f"/user/{username}/" if prefix is None else prefix
    if prefix is not None and not is_service_prefix(prefix):
        message, hint = "the prefix is not the path of a URL", f"write /user/{username}/"
        findings.append(Finding("invalid-prefix", message, hint=hint))
    if findings:
        raise LabBuilderError(findings)
    return build_internal_url(
        build_object_names(config.namespace_prefix, username).namespace, path
    )
