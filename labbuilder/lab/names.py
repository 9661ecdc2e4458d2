"""The names of a lab's objects, and the paths and URLs that follow from its user."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from labbuilder.errors import Finding, LabBuilderError, Path, shown
from labbuilder.models.user import USERNAME_HINT
from labbuilder.names import (
    DNS_LABEL_LENGTH,
    LAB_PORT,
    is_dns_label,
    is_service_prefix,
    is_username,
)

__all__ = [
    "ENV_CONFIG_MAP_SUFFIX",
    "POD_SUFFIX",
    "LabObjectNames",
    "build_internal_url",
    "build_object_names",
    "check_names",
    "check_namespace",
    "check_username",
    "home_directory",
    "object_names",
    "unique_key",
]

POD_SUFFIX = "-nb"
"""What follows the username in the name of the pod."""
ENV_CONFIG_MAP_SUFFIX = f"{POD_SUFFIX}-env"
"""What follows the username in the name of the environment ConfigMap."""

_SERVICE = "lab"
_KUBERNETES_NAMESPACES = {"kube-node-lease", "kube-public", "kube-system"}
_NOT_IN_LABEL = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True, slots=True)
class LabObjectNames:
    """The names of the objects of one user's lab.

    Attributes
    ----------
    username
        The username.
    namespace
        Name of the namespace that holds everything else.
    env_config_map
        Name of the environment ConfigMap.
    quota
        Name of the ResourceQuota.
    pod
        Name of the pod.
    nss_config_map
        Name of the ConfigMap with ``passwd`` and ``group``.
    files_config_map
        Name of the ConfigMap with the site's files and the discovery document.
    secret
        Name of the Secret with the lab's secrets.
    network_policy
        Name of the NetworkPolicy.
    pull_secret
        Name of the Secret with which images are pulled.
    service
        Name of the Service.
    """

    username: str
    namespace: str
    env_config_map: str
    quota: str
    pod: str
    nss_config_map: str
    files_config_map: str
    secret: str
    network_policy: str
    pull_secret: str = "pull-secret"  # noqa: S105 (a name)
    service: str = _SERVICE

    def claim(self, volume: str) -> str:
        """Name the PersistentVolumeClaim of a volume."""
        return f"{self.pod}-pvc-{volume}"


def build_object_names(namespace_prefix: str, username: str) -> LabObjectNames:
    """Name the objects of a lab.

    Parameters
    ----------
    namespace_prefix
        The site's ``namespacePrefix``.
    username
        The user.

    Returns
    -------
    LabObjectNames
        The names.

    Raises
    ------
    LabBuilderError
        If the prefix or the username is invalid, or the namespace's name is too long.
    """
    if findings := list(check_names(namespace_prefix, username)):
        raise LabBuilderError(findings)
    return object_names(namespace_prefix, username)


def check_names(namespace_prefix: object, username: object) -> Iterator[Finding]:
    """Find what is wrong with a username, a prefix, or the namespace that they make."""
    is_prefix = _is(is_dns_label, namespace_prefix)
    if not is_prefix:
        yield _invalid("invalid-name", namespace_prefix, "DNS label", "namespace_prefix")
    invalid = list(check_username(username))
    yield from invalid
    if is_prefix and not invalid:
        yield from check_namespace(str(namespace_prefix), str(username))


def check_username(username: object) -> Iterator[Finding]:
    """Check that this is a username."""
    if not _is(is_username, username):
        yield _invalid("invalid-username", username, "username", "username", USERNAME_HINT)


def check_namespace(prefix: str, username: str, at: Path = ("username",)) -> Iterator[Finding]:
    """Check the name of a valid user's namespace: its length, and that it can be a lab's."""
    namespace = _namespace(prefix, username)
    if namespace in _KUBERNETES_NAMESPACES:
        message = f"namespace {namespace} is one of Kubernetes itself"
        yield Finding("reserved-namespace", message, at, "use another namespacePrefix")
    if not is_dns_label(namespace):
        message = f"namespace {namespace} must be at most 63 characters"
        hint = "shorten the username or the configuration's namespacePrefix"
        yield Finding("name-too-long", message, at, hint)


def _namespace(prefix: str, username: str) -> str:
    return f"{prefix}-{username}"


def _is(test: Callable[[str], bool], value: object) -> bool:
    """Return whether a value is text that passes a test."""
    return isinstance(value, str) and test(value)


def _invalid(code: str, value: object, what: str, argument: str, hint: str = "") -> Finding:
    given = shown(value) if isinstance(value, str) else f"a value of type {type(value).__name__}"
    return Finding(code, f"{given} is not a valid {what}", (argument,), hint)


def object_names(namespace_prefix: str, username: str) -> LabObjectNames:
    """Name the objects of a lab, given a prefix and a username that are valid."""
    pod = f"{username}{POD_SUFFIX}"
    return LabObjectNames(
        username=username,
        namespace=_namespace(namespace_prefix, username),
        env_config_map=f"{username}{ENV_CONFIG_MAP_SUFFIX}",
        quota=pod,
        pod=pod,
        nss_config_map=f"{pod}-nss",
        files_config_map=f"{pod}-files",
        secret=pod,
        network_policy=pod,
    )


def build_internal_url(namespace: str, service_prefix: str) -> str:
    """Build the URL of a lab inside the cluster.

    Parameters
    ----------
    namespace
        The lab's namespace.
    service_prefix
        The lab's ``JUPYTERHUB_SERVICE_PREFIX``, the path of a URL.

    Returns
    -------
    str
        Such as ``http://lab.labs-vera:8888/user/vera/``.

    Raises
    ------
    LabBuilderError
        If either is invalid, since it could change the host.
    """
    findings = []
    if not _is(is_dns_label, namespace):
        findings.append(_invalid("invalid-name", namespace, "namespace", "namespace"))
    if not _is(is_service_prefix, service_prefix):
        what, hint = "path of a URL", "use /user/USERNAME/"
        findings.append(_invalid("invalid-prefix", service_prefix, what, "service_prefix", hint))
    if findings:
        raise LabBuilderError(findings)
    return f"http://{_SERVICE}.{namespace}:{LAB_PORT}{service_prefix}"


def home_directory(prefix: str, schema: str, suffix: str, username: str) -> str:
    """Build the path of a user's home directory, such as ``/home/r/rachel/lab``.

    The prefix, schema and suffix are the site's ``homedirPrefix`` and so on.
    """
    initial = [username[0]] if schema == "initialThenUsername" else []
    return "/".join([prefix, *initial, username, *([suffix] if suffix else [])])


def unique_key(basename: str, taken: dict[str, int]) -> str:
    """Derive the key and volume name of a file from its basename, which is any text.

    The result is the basename with ``.`` and ``_`` replaced by ``-``, made a DNS label if it isn't
    one, and numbered if another file has the same. It is added to the taken keys, which also hold,
    by what comes before a number and its digits, the first number that may be free.
    """
    stem = _NOT_IN_LABEL.sub("-", basename.lower())[:DNS_LABEL_LENGTH].strip("-") or "file"
    key, number = stem, 2
    while key in taken:
        digits = len(str(number))
        start = stem[: DNS_LABEL_LENGTH - 1 - digits].rstrip("-")
        counter = f"{start}/{digits}"  # which is no key
        number = max(number, taken.get(counter, 0))
        if len(str(number)) == digits:
            key = f"{start}-{number}"
            number += 1
            taken[counter] = number
    taken[key] = 1
    return key
