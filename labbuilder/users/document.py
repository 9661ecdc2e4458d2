"""One user's document, taken apart into the compiler's arguments."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from labbuilder.documents import Document
from labbuilder.documents.files import read
from labbuilder.errors import Finding, LabBuilderError, Severity, shown
from labbuilder.errors import Path as Steps

__all__ = [
    "Origin", "UserDocument", "beside", "take_apart"
]  # fmt: skip

_ARGUMENTS = {
    "site": "site", "user": "user", "lab": "lab", "image": "image", "secrets": "secrets",
    "pull_secret": "pullSecret",
}  # fmt: skip
_KEYS = ("config", *_ARGUMENTS.values())
_SECRET_FORMS = ("env", "file", "base64")
_DEFAULT_BASE_URL = "http://localhost"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an argument stands: a path in a document."""

    document: Document
    path: Steps = ()


@dataclass(slots=True)
class UserDocument:
    """One user's document, taken apart into the compiler's arguments."""

    document: Document
    arguments: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def complain(
        self,
        code: str,
        message: str,
        path: Steps,
        hint: str = "",
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Complain of the value at a path of the document."""
        source = self.document.source(path, key=code == "unknown-field")
        self.findings.append(Finding(code, message, path, hint, severity, source=source))

    def read(self, name: str, path: Steps) -> bytes | None:
        """Read a file that the value at `path` names; None, and a complaint, if it can't be."""
        try:
            return read(beside(self.document.file, name))
        except LabBuilderError as error:
            hint = "a path is relative to the file that names it"
            self.complain("unreadable-file", error.findings[0].message, path, hint)
            return None


@lru_cache  # for thousands of labs name the same configuration
def beside(file: str, name: str) -> Path:
    """Find the file that a user file names: the path is relative to it."""
    folder = Path() if file == "<stdin>" else Path(file).parent
    return folder / name


def take_apart(document: Document) -> UserDocument:
    """Take a user's document apart, reading what it names.

    Parameters
    ----------
    document
        The document.

    Returns
    -------
    UserDocument
        The arguments for `labbuilder.lab.arguments.read_inputs`, where each of them stands, and
        complaints about what could not be read. Each missing file counts as an empty one.

    Raises
    ------
    LabBuilderError
        If the document is no mapping.
    """
    taken = UserDocument(document)
    if not isinstance(document.data, dict):
        taken.complain(
            "wrong-type",
            "a user file must be a mapping",
            (),
            f"give it the keys {', '.join(_KEYS)}",
        )
        raise LabBuilderError(taken.findings)
    for key in document.data:
        if key not in _KEYS:
            taken.complain(
                "unknown-field", "unknown field", (key,), f"known are {', '.join(_KEYS)}"
            )
    for name, key in _ARGUMENTS.items():
        taken.origins[name] = Origin(document, (key,))
        taken.arguments[name] = document.data.get(key)
    arguments = taken.arguments
    arguments["site"] = _site(taken, arguments["site"])
    arguments["lab"] = _lab(arguments["lab"], arguments["user"])
    arguments["secrets"] = _secrets(taken, arguments["secrets"], ("secrets",), _encode)
    if isinstance(arguments["pull_secret"], dict) and "data" in arguments["pull_secret"]:
        given = arguments["pull_secret"]
        path = ("pullSecret", "data")
        arguments["pull_secret"] = given | {"data": _secrets(taken, given["data"], path)}
    return taken


def _site(taken: UserDocument, given: Any) -> Any:
    """Fill in what a site may leave out, and read its discovery document."""
    if not isinstance(given, dict | None):
        return given
    site = {"discovery": {}, **(given or {})}
    if not {"baseUrl", "base_url"} & site.keys():
        site["baseUrl"] = _DEFAULT_BASE_URL
        taken.complain(
            "default-base-url",
            f"labs are told that the site is {_DEFAULT_BASE_URL}",
            ("site", "baseUrl"),
            "give the site's own URL",
            Severity.WARNING,
        )
    named = site["discovery"]
    if isinstance(named, str):
        site["discovery"] = _json(taken, named, ("site", "discovery"))
    return site


def _json(taken: UserDocument, name: str, path: Steps) -> Any:
    """Read a JSON file; an empty mapping, and a complaint, if it isn't one."""
    text = taken.read(name, path)
    try:
        return {} if text is None else json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno} of {shown(name)}"
        taken.complain("invalid-json", f"{where}: {error.msg}", path, "write a JSON document")
    except (ValueError, RecursionError):  # no UTF-8, a number too long, nesting too deep
        message = f"{shown(name)} is not a JSON document in UTF-8, or too large a one"
        taken.complain("invalid-json", message, path, "write a JSON document")
    return {}


def _lab(given: Any, user: Any) -> Any:
    """Fill in JupyterHub's own prefix, without which no lab starts."""
    if not isinstance(given, dict | None):
        return given
    lab: dict[str, Any] = {"env": {}, **(given or {})}
    if lab.get("options", {}) is None:
        del lab["options"]
    name = "JUPYTERHUB_SERVICE_PREFIX"
    username = user.get("username") if isinstance(user, dict) else None
    if isinstance(lab["env"], dict | None):
        lab["env"] = {name: f"/user/{username}/", **(lab["env"] or {})}
    return lab


def _secrets(
    taken: UserDocument, given: Any, path: Steps, plain: Callable[[str], str] = str
) -> Any:
    """Turn each way of giving a secret into base64 text."""
    if not isinstance(given, dict):
        return given
    return {
        key: _secret(taken, value, (*path, key)) if isinstance(value, dict)
        else plain(value) if isinstance(value, str) else value
        for key, value in given.items()
    }  # fmt: skip


def _secret(taken: UserDocument, given: dict[str, Any], path: Steps) -> str:
    forms = [(form, value) for form, value in given.items() if isinstance(value, str)]
    if len(given) != 1 or not forms or forms[0][0] not in _SECRET_FORMS:
        taken.complain(
            "invalid-secret",
            "is no way of giving a secret",
            path,
            "write the text itself, {env: NAME}, {file: PATH} or {base64: TEXT}",
        )
        return ""
    (form, value), at = forms[0], (*path, forms[0][0])
    if form == "base64":
        return value
    if form == "file":
        return base64.b64encode(taken.read(value, at) or b"").decode()
    found = os.environ.get(value)
    if found is None:
        taken.complain(
            "missing-variable",
            "there is no such environment variable",
            at,
            "set it, or give the secret in another way",
        )
    return base64.b64encode(os.fsencode(found or "")).decode()


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
