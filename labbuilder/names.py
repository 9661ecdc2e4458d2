"""What things may be called, and what the objects of a lab are called.

The predicates mirror ``k8s.io/apimachinery/pkg/util/validation`` and the checks of ConfigMap keys
and of paths in ``pkg/apis/core/validation``.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from unicodedata import category

__all__ = [
    "LAB_PORT",
    "LabObjectNames",
    "build_internal_url",
    "build_object_names",
    "home_directory",
    "is_config_map_key",
    "is_dns_label",
    "is_dns_subdomain",
    "is_env_var_name",
    "is_label_value",
    "is_qualified_name",
    "is_service_prefix",
    "is_username",
    "normal_path",
    "printable",
    "unique_key",
]

LAB_PORT = 8888

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_DNS_LABEL = re.compile(_LABEL)
_DNS_SUBDOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NAME_PART = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_CONFIG_MAP_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_ENV_VAR_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9]|-[a-z0-9])*[a-z](?:[a-z0-9]|-[a-z0-9])*")
_NOT_IN_LABEL = re.compile(r"[^a-z0-9]")
_LINE_BREAKING = {"Cc", "Zl", "Zp"}

_DNS_LABEL_LENGTH = 63
_DNS_SUBDOMAIN_LENGTH = 253


@dataclass(frozen=True, slots=True)
class LabObjectNames:
    """What the objects of one user's lab are called.

    Attributes
    ----------
    username
        The user.
    namespace
        The namespace that holds everything else.
    env_config_map, quota, pod
        The objects from which a lab's state is recreated.
    """

    username: str
    namespace: str
    env_config_map: str
    quota: str
    pod: str

    @property
    def nss_config_map(self) -> str:
        """The ConfigMap with ``passwd`` and ``group``."""
        return f"{self.pod}-nss"

    @property
    def files_config_map(self) -> str:
        """The ConfigMap with the site's files and the discovery document."""
        return f"{self.pod}-files"

    @property
    def secret(self) -> str:
        """The Secret with the lab's secrets."""
        return self.pod

    @property
    def network_policy(self) -> str:
        """The NetworkPolicy."""
        return self.pod

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
    """
    return LabObjectNames(
        username=username,
        namespace=f"{namespace_prefix}-{username}",
        env_config_map=f"{username}-nb-env",
        quota=f"{username}-nb",
        pod=f"{username}-nb",
    )


def build_internal_url(namespace: str, service_prefix: str) -> str:
    """Write the URL at which a lab is reached inside the cluster.

    Parameters
    ----------
    namespace
        The lab's namespace.
    service_prefix
        The lab's ``JUPYTERHUB_SERVICE_PREFIX``, of which `is_service_prefix` holds.

    Returns
    -------
    str
        Such as ``http://lab.labs-vera:8888/user/vera/``.
    """
    return f"http://lab.{namespace}:{LAB_PORT}{service_prefix}"


def home_directory(prefix: str, schema: str, suffix: str, username: str) -> str:
    """Find a user's home directory.

    Parameters
    ----------
    prefix, schema, suffix
        The site's ``homedirPrefix``, ``homedirSchema`` and ``homedirSuffix``.
    username
        The user.

    Returns
    -------
    str
        Such as ``/home/rachel`` or ``/home/r/rachel/lab``.
    """
    initial = [username[0]] if schema == "initialThenUsername" else []
    return "/".join([prefix, *initial, username, *([suffix] if suffix else [])])


def is_username(text: str) -> bool:
    """Tell whether this may be a username (Gafaelfawr's rule; a label's length)."""
    return len(text) <= _DNS_LABEL_LENGTH and bool(_USERNAME.fullmatch(text))


def is_dns_label(text: str) -> bool:
    """Mirror ``IsDNS1123Label``: names of namespaces, volumes and containers."""
    return len(text) <= _DNS_LABEL_LENGTH and bool(_DNS_LABEL.fullmatch(text))


def is_dns_subdomain(text: str) -> bool:
    """Mirror ``IsDNS1123Subdomain``: names of most objects."""
    return len(text) <= _DNS_SUBDOMAIN_LENGTH and bool(_DNS_SUBDOMAIN.fullmatch(text))


def is_qualified_name(text: str) -> bool:
    """Mirror ``IsQualifiedName``: keys of labels and annotations."""
    prefix, slash, name = text.rpartition("/")
    return (not slash or is_dns_subdomain(prefix)) and bool(name) and is_label_value(name)


def is_label_value(text: str) -> bool:
    """Mirror ``IsValidLabelValue``."""
    return not text or (len(text) <= _DNS_LABEL_LENGTH and bool(_NAME_PART.fullmatch(text)))


def is_config_map_key(text: str) -> bool:
    """Mirror ``IsConfigMapKey``: keys of ConfigMaps and Secrets."""
    legal = len(text) <= _DNS_SUBDOMAIN_LENGTH and bool(_CONFIG_MAP_KEY.fullmatch(text))
    return legal and text != "." and not text.startswith("..")


def is_env_var_name(text: str) -> bool:
    """Mirror ``IsEnvVarName``, the strict rule that every supported version accepts."""
    return text not in {".", ".."} and bool(_ENV_VAR_NAME.fullmatch(text)) and text[:2] != ".."


def is_service_prefix(text: str) -> bool:
    """Tell whether this is the path of a URL: what follows a host must not change which it is."""
    return text.startswith("/") and text.isprintable() and " " not in text


def normal_path(path: str) -> str:
    """Write an absolute path in its one normal form, without ``//``, ``/./`` or a final ``/``."""
    return "/" + posixpath.normpath(path).lstrip("/")


def printable(text: str) -> str:
    """Leave out what cannot stand in a field of ``passwd``: ``:`` and control characters.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        One line of text without a colon, with each run of such characters made one space.
    """
    if text.isprintable() and ":" not in text:  # as most are
        return text.strip()
    kept = ["\n" if c == ":" or category(c) in _LINE_BREAKING else c for c in text]
    parts = (part.strip() for part in "".join(kept).split("\n"))
    return " ".join(part for part in parts if part)


def unique_key(basename: str, taken: dict[str, int]) -> str:
    """Derive the key and volume name of a file from its basename.

    Parameters
    ----------
    basename
        The last part of the file's path, any text.
    taken
        Keys that are in use, each with the number at which the search for others like it goes
        on; the new one is added.

    Returns
    -------
    str
        The basename with ``.`` and ``_`` turned into ``-``, made a DNS label where it isn't one
        yet, and numbered where another file has it.
    """
    stem = _NOT_IN_LABEL.sub("-", basename.lower())[:_DNS_LABEL_LENGTH].strip("-") or "file"
    key, number = stem, taken.get(stem, 1)
    while key in taken:
        number += 1
        suffix = f"-{number}"
        key = stem[: _DNS_LABEL_LENGTH - len(suffix)].rstrip("-") + suffix
    taken[stem] = number
    taken.setdefault(key, 1)
    return key
