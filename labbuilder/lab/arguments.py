"""The arguments of one lab → models, held against each other and against the configuration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel

from labbuilder import models
from labbuilder.errors import Finding, LabBuilderError, Severity
from labbuilder.lab.names import build_object_names
from labbuilder.models.complaints import validated
from labbuilder.names import is_dns_label

__all__ = ["Inputs", "raise_errors", "read_inputs"]

M = TypeVar("M", bound=BaseModel)


class Inputs(NamedTuple):
    """What is known of one lab, all of it valid."""

    site: models.Site
    user: models.User
    lab: models.LabSpecification
    image: models.Image
    secrets: models.SecretData
    pull_secret: models.PullSecret | None


def read_inputs(
    config: models.LabConfig | None,
    *,
    site: Any,
    user: Any,
    lab: Any,
    image: Any,
    secrets: Any,
    pull_secret: Any = None,
) -> tuple[Inputs | None, list[Finding]]:
    """Read one lab's arguments.

    Parameters
    ----------
    config
        The site's configuration; without it, what would be held against it isn't.
    site, user, lab, image, secrets, pull_secret
        Models, mappings or objects with the same attributes.

    Returns
    -------
    tuple
        The models, or None if there is any error, and every complaint: errors and warnings.
    """
    findings: list[Finding] = []

    def read(model: type[M], value: Any, name: str) -> M | None:
        made, found = validated(model, value, (name,))
        findings.extend(found)
        return made

    site = read(models.Site, site, "site")
    user = read(models.User, user, "user")
    lab = read(models.LabSpecification, lab, "lab")
    image = read(models.Image, image, "image")
    secrets = read(models.SecretData, secrets, "secrets")
    if pull_secret is not None:
        pull_secret = read(models.PullSecret, pull_secret, "pull_secret")
        if config and not config.pull_secret:
            findings.append(
                Finding(
                    "unused-pull-secret",
                    "a pull secret is given and the configuration names none",
                    ("pull_secret",),
                    "set the configuration's pullSecret, or images are pulled without it",
                    Severity.WARNING,
                )
            )
    if config:
        findings += _misfits(config, user, lab, secrets)
    if any(finding.severity is Severity.ERROR for finding in findings):
        return None, findings
    return Inputs(site, user, lab, image, secrets, pull_secret), findings


def raise_errors(findings: list[Finding]) -> None:
    """Raise `LabBuilderError` with the findings if one of them is an error."""
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise LabBuilderError(findings)


def _misfits(
    config: models.LabConfig,
    user: models.User | None,
    lab: models.LabSpecification | None,
    secrets: models.SecretData | None,
) -> Iterator[Finding]:
    """Find what no argument shows alone; each may be missing, being wrong itself."""
    if user:
        namespace = build_object_names(config.namespace_prefix, user.username).namespace
        if not is_dns_label(namespace):
            yield Finding(
                "name-too-long",
                f"namespace {namespace} is longer than the 63 characters that Kubernetes takes",
                ("user", "username"),
                "shorten the username or the configuration's namespacePrefix",
            )
    if lab and not config.size(lab.options.size):
        yield Finding(
            "unknown-size",
            f"the site has no size {lab.options.size}",
            ("lab", "options", "size"),
            f"choose one of {', '.join(known.size for known in config.sizes)}",
        )
    for secret in config.secrets:
        if secrets and (secret.env or secret.path) and secret.secret_key not in secrets.root:
            yield Finding(
                "missing-secret",
                f"there is no secret {secret.secret_key}, which the configuration mounts",
                ("secrets", secret.secret_key),
                "add it, or take it out of the configuration's secrets",
            )
