"""User files: what the command line reads, with the place of everything in them."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from labbuilder.compiler import LabCompiler, LabObjects
from labbuilder.data import DEFAULT_SITE
from labbuilder.documents import Document, load
from labbuilder.errors import Finding, LabBuilderError, Severity
from labbuilder.errors import Path as Steps
from labbuilder.inputs import raise_errors, read_inputs

__all__ = ["UserFiles", "read_documents"]

_ARGUMENTS = {
    "site": "site", "user": "user", "lab": "lab", "image": "image", "secrets": "secrets",
    "pull_secret": "pullSecret",
}  # fmt: skip
_KEYS = ("config", *_ARGUMENTS.values())
_SECRET_FORMS = ("env", "file", "base64")
_DEFAULT_BASE_URL = "http://localhost"
_STANDARD_INPUT = "-"

# Complaints about a key rather than about what it holds.
_ABOUT_KEYS = frozenset(
    {"unknown-field", "invalid-key", "invalid-label-key", "invalid-annotation-key",
     "reserved-env", "reserved-annotation"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an argument stands: a path in a document."""

    document: Document
    path: Steps = ()


@dataclass(slots=True)
class UserFile:
    """One user's document, taken apart into the compiler's arguments."""

    document: Document
    folder: Path
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
        source = self.document.source(path, key=code in _ABOUT_KEYS)
        self.findings.append(Finding(code, message, path, hint, severity, source=source))

    def read_bytes(self, name: str, path: Steps) -> bytes | None:
        """Read a file that the value at `path` names, relative to the document's folder."""
        try:
            return (self.folder / name).read_bytes()
        except (OSError, ValueError) as error:
            self.complain(
                "unreadable-file",
                f"{name!r} can't be read: {_reason(error)}",
                path,
                "a path is relative to the file that names it",
            )
            return None

    def read_text(self, name: str, path: Steps) -> str | None:
        """Read such a file as UTF-8."""
        found = self.read_bytes(name, path)
        try:
            return None if found is None else found.decode()
        except UnicodeError as error:
            self.complain("unreadable-file", f"{name!r} can't be read: {_reason(error)}", path)
            return None


class UserFiles:
    """Compiles user files; a configuration is read and prepared once for all of them.

    Parameters
    ----------
    config
        The configuration file that overrides what user files name, if any.
    templates
        The folder of the site's own fragments, if any.
    kubernetes_version
        What manifests are checked against; the newest by default.
    """

    def __init__(
        self,
        *,
        config: str | None = None,
        templates: str | None = None,
        kubernetes_version: str | None = None,
    ) -> None:
        self._config = config
        self._options: dict[str, Any] = {"templates": templates}
        if kubernetes_version is not None:
            self._options["kubernetes_version"] = kubernetes_version
        self._documents: dict[str, Document] = {}
        self._compilers: dict[str, LabCompiler] = {}

    def compile(self, document: Document) -> LabObjects:
        """Compile one user's document.

        Parameters
        ----------
        document
            The document, as `read_documents` gives it.

        Returns
        -------
        LabObjects
            The lab, its warnings placed in the files.

        Raises
        ------
        LabBuilderError
            With everything that is wrong, placed in the files.
        """
        taken = _take_apart(document)
        compiler = None
        try:
            compiler = self._compiler(taken)
        except LabBuilderError as error:
            taken.findings += _placed(error.findings, taken.origins)
        config = compiler.config if compiler else None
        inputs, found = read_inputs(config, **taken.arguments)
        taken.findings += _placed(found, taken.origins)
        raise_errors(taken.findings)
        if not compiler or not inputs:
            raise AssertionError("what is None comes with an error")
        warnings = (*_placed(compiler.warnings, taken.origins), *taken.findings)
        return compiler.compile_inputs(inputs, warnings)

    def _compiler(self, taken: UserFile) -> LabCompiler:
        named = taken.document.data.get("config") if self._config is None else self._config
        if isinstance(named, Mapping):
            taken.origins["config"] = Origin(taken.document, ("config",))
            return LabCompiler(named, **self._options)
        key, document = self._config_document(named, taken)
        taken.origins["config"] = Origin(document)
        if key not in self._compilers:
            self._compilers[key] = LabCompiler(document.data, **self._options)
        return self._compilers[key]

    def _config_document(self, named: object, taken: UserFile) -> tuple[str, Document]:
        if named is None:
            key, read = "", lambda: DEFAULT_SITE
        elif isinstance(named, str):
            folder = taken.folder if self._config is None else Path()
            key, read = str(folder / named), (folder / named).read_bytes
        else:
            raise LabBuilderError(
                [Finding("wrong-type", "must be a path or a mapping", ("config",))]
            )
        if key not in self._documents:
            self._documents[key] = _single(key or "the default site", read)
        return key, self._documents[key]


def read_documents(name: str) -> list[Document]:
    """Read a user file.

    Parameters
    ----------
    name
        The file's path; ``-`` is standard input.

    Returns
    -------
    list of Document
        One for each user.

    Raises
    ------
    LabBuilderError
        If the file can't be read, isn't strict YAML, or holds no user.
    """
    standard = name == _STANDARD_INPUT
    read: Callable[[], bytes] = sys.stdin.buffer.read if standard else Path(name).read_bytes
    documents = [
        each for each in _load("<stdin>" if standard else name, read) if each.data is not None
    ]
    if not documents:
        raise LabBuilderError([Finding("empty-file", f"{name} holds no user")])
    return documents


def _load(name: str, read: Callable[[], str | bytes]) -> list[Document]:
    try:
        text = read()
    except (OSError, ValueError) as error:
        message = f"{name!r} can't be read: {_reason(error)}"
        raise LabBuilderError([Finding("unreadable-file", message)]) from None
    return load(text, name)


def _single(name: str, read: Callable[[], str | bytes]) -> Document:
    documents = _load(name, read)
    if len(documents) != 1:
        source = documents[1].source(())
        raise LabBuilderError(
            [Finding("several-documents", "a configuration is one YAML document", source=source)]
        )
    return documents[0]


def _take_apart(document: Document) -> UserFile:
    folder = Path() if document.file == "<stdin>" else Path(document.file).parent
    taken = UserFile(document, folder)
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
    if isinstance(arguments["pull_secret"], dict):
        given = arguments["pull_secret"]
        path = ("pullSecret", "data")
        arguments["pull_secret"] = given | {"data": _secrets(taken, given.get("data"), path)}
    return taken


def _site(taken: UserFile, given: Any) -> Any:
    """Fill in what a site may leave out, and read its discovery document."""
    if not isinstance(given, dict | None):
        return given
    site = {"baseUrl": _DEFAULT_BASE_URL, "discovery": {}, **(given or {})}
    if site["baseUrl"] == _DEFAULT_BASE_URL:
        taken.complain(
            "default-base-url",
            f"labs are told that the site is {_DEFAULT_BASE_URL}",
            ("site", "baseUrl"),
            "give the site's own URL",
            Severity.WARNING,
        )
    named = site["discovery"]
    if isinstance(named, str):
        path = ("site", "discovery")
        text, site["discovery"] = taken.read_text(named, path), {}
        try:
            site["discovery"] = json.loads(text or "{}")
        except json.JSONDecodeError as error:
            where = f"line {error.lineno} column {error.colno} of {named!r}"
            taken.complain("invalid-json", f"{where}: {error.msg}", path, "write a JSON document")
        except (ValueError, RecursionError):  # a number too long, nesting too deep
            taken.complain("invalid-json", f"{named!r} is too large", path, "write less of it")
    return site


def _lab(given: Any, user: Any) -> Any:
    """Fill in JupyterHub's own prefix, without which no lab starts."""
    if not isinstance(given, dict | None):
        return given
    lab: dict[str, Any] = {"env": {}, **(given or {})}
    if lab.get("options", {}) is None:
        del lab["options"]
    name = "JUPYTERHUB_SERVICE_PREFIX"
    if isinstance(lab["env"], dict | None) and isinstance(user, dict):
        lab["env"] = {name: f"/user/{user.get('username')}/", **(lab["env"] or {})}
    return lab


def _secrets(taken: UserFile, given: Any, path: Steps, plain: Callable[[str], str] = str) -> Any:
    """Turn each way of giving a secret into base64 text."""
    if not isinstance(given, dict):
        return given
    return {
        key: _secret(taken, value, (*path, key)) if isinstance(value, dict)
        else plain(value) if isinstance(value, str) else value
        for key, value in given.items()
    }  # fmt: skip


def _secret(taken: UserFile, given: dict[str, Any], path: Steps) -> str:
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
        return base64.b64encode(taken.read_bytes(value, at) or b"").decode()
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


def _placed(findings: Iterable[Finding], origins: Mapping[str, Origin]) -> list[Finding]:
    """Say where in the files the findings about arguments are."""
    return [_place(finding, origins) for finding in findings]


def _place(finding: Finding, origins: Mapping[str, Origin]) -> Finding:
    origin = origins.get(str(finding.path[0])) if finding.path else None
    if not origin or finding.source:
        return finding
    path = origin.path + finding.path[1:]
    source = origin.document.source(path, key=finding.code in _ABOUT_KEYS)
    return replace(finding, path=path, source=source)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return "it isn't UTF-8 text" if isinstance(error, UnicodeError) else "that is no path"
