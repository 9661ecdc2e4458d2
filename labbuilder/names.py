"""Names in Kubernetes, and what is a valid one.

The predicates mirror ``k8s.io/apimachinery/pkg/util/validation`` and the checks of ConfigMap keys
and of paths in ``pkg/apis/core/validation``.
"""

from __future__ import annotations

import posixpath
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any
from unicodedata import category

__all__ = [
    "CATEGORY_LABEL",
    "DNS_LABEL_LENGTH",
    "LABEL_PREFIX",
    "LAB_PORT",
    "LAST_APPLIED_ANNOTATION",
    "MAX_ID",
    "NOTEBOOK_CONTAINER",
    "NOTEBOOK_PORT_NAME",
    "SERVICE_PREFIX_ENV",
    "USER_GROUPS_ANNOTATION",
    "USER_LABEL",
    "USER_NAME_ANNOTATION",
    "has_invisible",
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
]

LAB_PORT = 8888
"""The port on which a notebook listens."""
NOTEBOOK_CONTAINER = "notebook"
"""The container of a lab's pod that runs the notebook."""
NOTEBOOK_PORT_NAME = "jupyterlab"
"""What that container calls its port."""
LAST_APPLIED_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
"""Where ``kubectl apply`` keeps a copy of the whole object."""
SERVICE_PREFIX_ENV = "JUPYTERHUB_SERVICE_PREFIX"
"""The variable that holds the path of the lab's URL."""

LABEL_PREFIX = "nublado.lsst.io/"
"""The prefix of a lab's labels and annotations."""
CATEGORY_LABEL = f"{LABEL_PREFIX}category"
"""The label that marks an object as a lab's: its value is ``lab``."""
USER_LABEL = f"{LABEL_PREFIX}user"
"""The label that holds the username."""
USER_GROUPS_ANNOTATION = f"{LABEL_PREFIX}user-groups"
"""The annotation of the pod that holds the user's groups, as JSON."""
USER_NAME_ANNOTATION = f"{LABEL_PREFIX}user-name"
"""The annotation of the pod that holds the user's full name, if there is one."""

MAX_ID = 2**31 - 1
"""The highest ID of a user or group that Kubernetes accepts."""

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_DNS_LABEL = re.compile(_LABEL)
_DNS_SUBDOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NAME_PART = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_CONFIG_MAP_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_ENV_VAR_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9]|-[a-z0-9])*[a-z](?:[a-z0-9]|-[a-z0-9])*")
_LINE_BREAKING = {"Cc", "Zl", "Zp"}
# What Unicode calls default-ignorable and isn't a format character, and the blank of Braille.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\ufff0-\ufff8\U000e0000-\U000e0fff]"
)

DNS_LABEL_LENGTH = 63
_DNS_SUBDOMAIN_LENGTH = 253


def is_username(text: str) -> bool:
    """Return whether this is a valid username (Gafaelfawr's rule, and a label's length)."""
    return len(text) <= DNS_LABEL_LENGTH and bool(_USERNAME.fullmatch(text))


def is_dns_label(text: str) -> bool:
    """Mirror ``IsDNS1123Label``: names of namespaces, volumes and containers."""
    return len(text) <= DNS_LABEL_LENGTH and bool(_DNS_LABEL.fullmatch(text))


def is_dns_subdomain(text: str) -> bool:
    """Mirror ``IsDNS1123Subdomain``: names of most objects."""
    return len(text) <= _DNS_SUBDOMAIN_LENGTH and bool(_DNS_SUBDOMAIN.fullmatch(text))


def is_qualified_name(text: str) -> bool:
    """Mirror ``IsQualifiedName``: keys of labels and annotations."""
    prefix, slash, name = text.rpartition("/")
    return (not slash or is_dns_subdomain(prefix)) and bool(name) and is_label_value(name)


def is_label_value(text: str) -> bool:
    """Mirror ``IsValidLabelValue``."""
    return not text or (len(text) <= DNS_LABEL_LENGTH and bool(_NAME_PART.fullmatch(text)))


def is_config_map_key(text: str) -> bool:
    """Mirror ``IsConfigMapKey``: keys of ConfigMaps and Secrets."""
    legal = len(text) <= _DNS_SUBDOMAIN_LENGTH and bool(_CONFIG_MAP_KEY.fullmatch(text))
    return legal and text != "." and not text.startswith("..")


def is_env_var_name(text: str) -> bool:
    """Mirror ``IsEnvVarName``, the strict rule that every supported version accepts."""
    return text not in {".", ".."} and bool(_ENV_VAR_NAME.fullmatch(text)) and text[:2] != ".."


def is_service_prefix(text: str) -> bool:
    """Return whether this is the path of a URL, which can't change the host before it."""
    return text.startswith("/") and text.isprintable() and " " not in text


def has_invisible(text: str) -> bool:
    """Return whether text has a character that can't be seen: two names may then look the same."""
    return not text.isascii() and any(category(c) == "Cf" or _BLANK.match(c) for c in text)


def normal_path(path: str) -> str:
    """Normalize an absolute path: no ``//``, ``/./`` or final ``/``."""
    return "/" + posixpath.normpath(path).lstrip("/")


def printable(text: str) -> str:
    """Remove what a field of ``passwd`` can't contain: ``:`` and control characters.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        One line of text without colons; each run of such characters becomes one space.
    """
    if text.isprintable() and ":" not in text:  # as nearly always
        return text.strip()
    kept = ["\n" if c == ":" or category(c) in _LINE_BREAKING else c for c in text]
    parts = (part.strip() for part in "".join(kept).split("\n"))
    return " ".join(part for part in parts if part)


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Provide the names of `labbuilder.lab.names`, which are public here."""
        if name in {"LabObjectNames", "build_internal_url", "build_object_names"}:
            return getattr(import_module("labbuilder.lab.names"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
