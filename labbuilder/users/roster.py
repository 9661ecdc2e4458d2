"""The names of many users' labs, and the users whose labs can't be named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from labbuilder.errors import MAX_SHOWN, Finding, Findings, LabBuilderError, Source
from labbuilder.lab.names import build_internal_url, check_names, object_names
from labbuilder.lab.storage import Storage
from labbuilder.models import LabConfig
from labbuilder.names import is_service_prefix

__all__ = ["describe_names", "find_nameable", "internal_url"]


def find_nameable(
    prefix: str, names: Iterable[tuple[str, Source]]
) -> tuple[list[str], list[Finding]]:
    """Return the users whose labs can be named, each once, and why others can't.

    The prefix is the site's ``namespacePrefix``; each name comes with its place.
    """
    users: dict[str, Source] = {}
    findings = Findings(most=MAX_SHOWN)
    for name, source in names:
        if first := users.get(name):
            namespace = object_names(prefix, name).namespace
            message = f"namespace {namespace} is already used by {first.file}:{first.line}"
            hint = "remove one of them"
            findings.add(Finding("duplicate-user", message, hint=hint, source=source))
        elif found := list(_check_username(prefix, name, source)):
            findings.extend(found)
        else:
            users[name] = source
    return list(users), list(findings)


def _check_username(prefix: str, username: str, source: Source | None = None) -> Iterator[Finding]:
    """Yield the reasons why a user's lab can't be named, with the place of the name."""
    for each in check_names(prefix, username):
        yield Finding(each.code, each.message, hint=each.hint, source=source)


def describe_names(storage: Storage, username: str) -> dict[str, Any]:
    """Return the names of a lab's objects, in the order in which objects are applied.

    The claims are a mapping by volume.
    """
    config = storage.config
    names = object_names(config.namespace_prefix, username)
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


def internal_url(config: LabConfig, username: str, prefix: str | None = None) -> str:
    """Return the URL of a lab inside the cluster: ``http://lab.labs-vera:8888/user/vera/``.

    The prefix is the lab's ``JUPYTERHUB_SERVICE_PREFIX``; JupyterHub's own by default. It raises
    `LabBuilderError` if the lab can't be named, or the prefix is not a URL path.
    """
    default = f"/user/{username}/"
    findings = list(_check_username(config.namespace_prefix, username))
    if prefix is not None and not is_service_prefix(prefix):
        message, hint = "prefix is not an absolute URL path", f"use a path such as {default}"
        findings.append(Finding("invalid-prefix", message, hint=hint))
    if findings:
        raise LabBuilderError(findings)
    namespace = object_names(config.namespace_prefix, username).namespace
    return build_internal_url(namespace, default if prefix is None else prefix)
