"""The arguments of one lab → models, checked against each other and the configuration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel

from labbuilder import models
from labbuilder.errors import Finding, LabBuilderError, Severity
from labbuilder.lab.accounts import check_accounts
from labbuilder.lab.names import check_namespace
from labbuilder.models import reserved
from labbuilder.models.complaints import validated

__all__ = ["Inputs", "raise_on_error", "read_inputs"]

M = TypeVar("M", bound=BaseModel)


class Inputs(NamedTuple):
    """The valid arguments of one lab."""

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
    """Return the models, or None if there is an error, and all findings, warnings among them.

    The arguments are models, mappings or objects with the same attributes. Without a
    configuration, nothing is checked against it.
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
            message = "a pull secret is given but not configured"
            hint = "set the configuration's pullSecret, or images will be pulled without it"
            at = ("pull_secret",)
            findings.append(Finding("unused-pull-secret", message, at, hint, Severity.WARNING))
    if config:
        findings += _cross_check(config, user, lab, secrets)
    if any(finding.severity is Severity.ERROR for finding in findings):
        return None, findings
    return Inputs(site, user, lab, image, secrets, pull_secret), findings


def raise_on_error(findings: list[Finding]) -> None:
    """Raise `LabBuilderError` with the findings if one of them is an error."""
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise LabBuilderError(findings)


def _cross_check(
    config: models.LabConfig,
    user: models.User | None,
    lab: models.LabSpecification | None,
    secrets: models.SecretData | None,
) -> Iterator[Finding]:
    """Check the arguments against each other; one that is invalid itself is None."""
    if user:
        yield from check_namespace(config.namespace_prefix, user.username, ("user", "username"))
        yield from check_accounts(config.nss, user)
    if lab and not config.size(lab.options.size):
        message = f"size {lab.options.size} is not defined"
        hint = f"choose one of {', '.join(known.size for known in config.sizes)}"
        yield Finding("unknown-size", message, ("lab", "options", "size"), hint)
    if lab and (container := _privileged_container(config)):
        yield from _check_request_env(config, lab, container)
    for secret in config.secrets:
        if secrets and (secret.env or secret.path) and secret.secret_key not in secrets.root:
            message = f"secret {secret.secret_key} is missing, and the configuration uses it"
            hint = "add it, or remove it from the configuration's secrets"
            yield Finding("missing-secret", message, ("secrets", secret.secret_key), hint)


def _privileged_container(config: models.LabConfig) -> str | None:
    """Name the first init container that runs as root with all privileges, if there is one."""
    if config.standard_inithome:
        return reserved.standard_container(reserved.INIT_HOME)
    return next((each.name for each in config.init_containers if each.privileged), None)


def _check_request_env(
    config: models.LabConfig, lab: models.LabSpecification, container: str
) -> Iterator[Finding]:
    """Find variables of the request that run something in a privileged container.

    Every init container gets the lab's environment, in which the configuration's values win.
    """
    for name in lab.env:
        if reserved.runs_code(name) and name not in config.env:
            message = f"can run the user's code as root in the privileged container {container}"
            hint = "remove it, or set it in the configuration's env"
            yield Finding("privileged-env", message, ("lab", "env", name), hint, about_key=True)
