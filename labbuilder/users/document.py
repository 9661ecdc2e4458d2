"""One user's document, parsed into the compiler's arguments."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labbuilder.cache import cache_short
from labbuilder.documents import Document
from labbuilder.errors import Finding, LabBuilderError, Severity, shown
from labbuilder.errors import Path as Steps
from labbuilder.names import SERVICE_PREFIX_ENV
from labbuilder.users.access import Access
from labbuilder.users.origins import Origin

__all__ = ["UserDocument", "parse_user", "resolve_relative"]

_ARGUMENTS = {
    "site": "site", "user": "user", "lab": "lab", "image": "image", "secrets": "secrets",
    "pull_secret": "pullSecret",
}  # fmt: skip
_KEYS = ("config", *_ARGUMENTS.values())
_ABOUT_KEYS = ("other-configuration", "unknown-field")
_SECRET_FORMS = ("env", "file", "base64")
_DEFAULT_BASE_URL = "http://localhost"


@dataclass(slots=True)
class UserDocument:
    """One user's document as arguments of `read_inputs`, with their places and findings."""

    document: Document
    access: Access
    arguments: dict[str, Any] = field(default_factory=dict, repr=False)
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
        """Add a finding about the value at a path of the document."""
        source = self.document.source(path, key=code in _ABOUT_KEYS)
        self.findings.append(Finding(code, message, path, hint, severity, source=source))

    def read(self, name: str, path: Steps) -> bytes | None:
        """Read the file that the value at `path` names; None, with a complaint, if it fails."""
        if not name:
            self.complain("unreadable-file", "must not be empty", path, "name a file")
            return None
        try:
            return self.access.read(resolve_relative(self.document.file, name))
        except LabBuilderError as error:
            for each in error.findings:
                hint = each.hint or "write the path relative to the file that names it"
                self.complain(each.code, each.message, path, hint)
            return None


@cache_short(128)  # thousands of users name the same configuration
def resolve_relative(file: str, name: str) -> Path:
    """Return the path of a file that a user file names, relative to the user file."""
    folder = Path() if file == "<stdin>" else Path(file).parent
    return folder / name


def parse_user(document: Document, access: Access) -> UserDocument:
    """Parse a user's document and read the files and variables that it names and may read.

    What can't be read is a complaint, and counts as empty. It raises `LabBuilderError` if the
    document is not a mapping, or is a manifest.
    """
    user = UserDocument(document, access)
    if not isinstance(document.data, dict):
        hint = f"give it the keys {', '.join(_KEYS)}"
        user.complain("wrong-type", "a user file must be a mapping", (), hint)
        raise LabBuilderError(user.findings)
    if {"apiVersion", "kind"} <= document.data.keys():
        kind = document.data["kind"]
        name = f" ({shown(kind)[1:-1]})" if isinstance(kind, str) else ""
        message = f"is a Kubernetes manifest{name}, not a user file"
        user.complain("wrong-type", message, (), "name a user file")
        raise LabBuilderError(user.findings)
    for key in document.data:
        if key not in _KEYS:
            hint = f"use one of {', '.join(_KEYS)}"
            user.complain("unknown-field", "unknown field", (key,), hint)
    for name, key in _ARGUMENTS.items():
        user.origins[name] = Origin(document, (key,))
        user.arguments[name] = document.data.get(key)
    arguments = user.arguments
    arguments["site"] = _site(user, arguments["site"])
    arguments["lab"] = _lab(arguments["lab"], arguments["user"])
    arguments["secrets"] = _secrets(user, arguments["secrets"], ("secrets",), _encode)
    pull_secret = arguments["pull_secret"]
    if isinstance(pull_secret, dict) and "data" in pull_secret:
        data = _secrets(user, pull_secret["data"], ("pullSecret", "data"))
        arguments["pull_secret"] = pull_secret | {"data": data}
    return user


def _site(user: UserDocument, given: Any) -> Any:
    """Add the site's defaults, and read its discovery document."""
    if not isinstance(given, dict | None):
        return given
    site = {"discovery": {}, **(given or {})}
    if not {"baseUrl", "base_url"} & site.keys():
        site["baseUrl"] = _DEFAULT_BASE_URL
        message, hint = f"is not set; labs get {_DEFAULT_BASE_URL}", "set it to the site's URL"
        path = ("site", "baseUrl")
        user.complain("default-base-url", message, path, hint, Severity.WARNING)
    named = site["discovery"]
    if isinstance(named, str):
        site["discovery"] = _json(user, named, ("site", "discovery"))
    return site


def _json(user: UserDocument, name: str, path: Steps) -> Any:
    """Read a JSON file; an empty mapping, with a complaint, if it fails."""
    text = user.read(name, path)
    try:
        return {} if text is None else json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno} of {shown(name)}"
        problem = error.msg.partition(":")[0]  # which is followed by a character of the file
        user.complain("invalid-json", f"{where}: {problem}", path, "write a JSON document")
    except (ValueError, RecursionError):  # not UTF-8, a number too long, nesting too deep
        message = f"{shown(name)} is not a JSON document in UTF-8, or is too large"
        user.complain("invalid-json", message, path, "write a JSON document")
    return {}


def _lab(given: Any, user: Any) -> Any:
    """Add JupyterHub's default prefix, without which no lab starts."""
    if not isinstance(given, dict | None):
        return given
    lab: dict[str, Any] = {"env": {}, **(given or {})}
    if lab.get("options", {}) is None:
        del lab["options"]
    username = user.get("username") if isinstance(user, dict) else None
    if isinstance(lab["env"], dict | None):
        lab["env"] = {SERVICE_PREFIX_ENV: f"/user/{username}/", **(lab["env"] or {})}
    return lab


def _secrets(
    user: UserDocument, given: Any, path: Steps, plain: Callable[[str], str] = str
) -> Any:
    """Resolve every form of a secret to base64 text."""
    if not isinstance(given, dict):
        return given
    return {
        key: _secret(user, value, (*path, key)) if isinstance(value, dict)
        else plain(value) if isinstance(value, str) else value
        for key, value in given.items()
    }  # fmt: skip


def _secret(user: UserDocument, given: dict[str, Any], path: Steps) -> str:
    forms = [(form, value) for form, value in given.items() if isinstance(value, str)]
    if len(given) != 1 or not forms or forms[0][0] not in _SECRET_FORMS:
        hint = "write the text itself, {env: NAME}, {file: PATH} or {base64: TEXT}"
        user.complain("invalid-secret", "is not a valid form of a secret", path, hint)
        return ""
    (form, value), at = forms[0], (*path, forms[0][0])
    if form == "base64":
        return value
    if form == "file":
        return base64.b64encode(user.read(value, at) or b"").decode()
    if not user.access.allows_variable(value):
        hint = "allow it with --allow-env NAME"
        user.complain("variable-not-allowed", "environment variable may not be read", at, hint)
        return ""
    try:
        found = os.environ.get(value)
    except ValueError:  # it is not in the locale's encoding
        found = None
    if found is None:
        hint = "set it, or provide the secret in another way"
        user.complain("missing-variable", "environment variable is not set", at, hint)
    return base64.b64encode(os.fsencode(found or "")).decode()


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
