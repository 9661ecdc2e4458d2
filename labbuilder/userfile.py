"""User files: what the command line reads, with the place of everything in them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from labbuilder.compiler import LabCompiler, LabObjects
from labbuilder.data import DEFAULT_SITE
from labbuilder.documents import Document, load
from labbuilder.errors import Finding, LabBuilderError
from labbuilder.inputs import raise_errors, read_inputs
from labbuilder.userdocument import ABOUT_KEYS, Origin, UserDocument, read, take_apart

__all__ = ["UserFiles", "read_documents"]


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
        taken = take_apart(document)
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

    def _compiler(self, taken: UserDocument) -> LabCompiler:
        named = taken.document.data.get("config") if self._config is None else self._config
        taken.origins["config"] = Origin(taken.document, ("config",))
        if isinstance(named, Mapping):
            return LabCompiler(named, **self._options)
        key, document = self._config_document(named, taken)
        taken.origins["config"] = Origin(document)
        if key not in self._compilers:
            self._compilers[key] = LabCompiler(document.data, **self._options)
        return self._compilers[key]

    def _config_document(self, named: object, taken: UserDocument) -> tuple[str, Document]:
        if not isinstance(named, str | None):
            message, hint = "must be a path or a mapping", "write site.yaml, for example"
            raise LabBuilderError([Finding("wrong-type", message, ("config",), hint)])
        folder = taken.folder if self._config is None else Path()
        name = "the default site" if named is None else str(folder / named)
        if name not in self._documents:
            text = DEFAULT_SITE if named is None else _read_config(Path(name))
            self._documents[name] = _single(load(text, name))
        return name, self._documents[name]


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
    standard = name == "-"
    text = sys.stdin.buffer.read() if standard else read(Path(name))
    found = load(text, "<stdin>" if standard else name)
    documents = [each for each in found if each.data is not None]
    if not documents:
        raise LabBuilderError([Finding("empty-file", f"{name} holds no user")])
    return documents


def _single(documents: list[Document]) -> Document:
    if len(documents) != 1:
        source = documents[1].source(())
        raise LabBuilderError(
            [
                Finding(
                    "several-documents",
                    "a configuration is one YAML document",
                    hint="give it a file of its own",
                    source=source,
                )
            ]
        )
    return documents[0]


def _placed(findings: Iterable[Finding], origins: Mapping[str, Origin]) -> list[Finding]:
    """Say where in the files the findings about arguments are."""
    return [_place(finding, origins) for finding in findings]


def _place(finding: Finding, origins: Mapping[str, Origin]) -> Finding:
    origin = origins.get(str(finding.path[0])) if finding.path else None
    if not origin or finding.source:
        return finding
    path = origin.path + finding.path[1:]
    source = origin.document.source(path, key=finding.code in ABOUT_KEYS)
    return replace(finding, path=path, source=source)


def _read_config(path: Path) -> bytes:
    try:
        return read(path)
    except LabBuilderError as error:
        hint = "a path is relative to the file that names it"
        raise LabBuilderError(
            replace(finding, path=("config",), hint=hint) for finding in error.findings
        ) from None
