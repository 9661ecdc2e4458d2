"""User files: what the command line reads, with the place of everything in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from labbuilder.compiler import LabCompiler
from labbuilder.data import DEFAULT_SITE
from labbuilder.documents import Document, load
from labbuilder.documents.files import read, read_standard_input
from labbuilder.errors import Finding, LabBuilderError
from labbuilder.lab.arguments import raise_on_error, read_inputs
from labbuilder.lab.objects import LabObjects
from labbuilder.users.document import (
    Origin,
    UserDocument,
    beside,
    take_apart,
)

__all__ = ["UserFiles", "read_documents"]

_DEFAULT = "the default site"


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
        self._failed: dict[str, list[Finding]] = {}

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
        raise_on_error(taken.findings)
        if not compiler or not inputs:
            raise AssertionError("what is None comes with an error")
        try:
            lab = compiler.compile_inputs(inputs, tuple(taken.findings))
        except LabBuilderError as error:
            raise LabBuilderError(_placed(error.findings, taken.origins)) from None
        return replace(lab, warnings=tuple(_placed(lab.warnings, taken.origins)))

    def _compiler(self, taken: UserDocument) -> LabCompiler:
        named = taken.document.data.get("config")
        if self._config is None and isinstance(named, Mapping):
            taken.origins["config"] = Origin(taken.document, ("config",))
            return LabCompiler(named, **self._options)
        name = self._config_name(taken, named)
        if name not in self._documents:
            self._documents[name] = _single(load(self._config_text(taken, name), name))
        taken.origins["config"] = Origin(self._documents[name])
        if name in self._failed:
            raise LabBuilderError(self._failed[name])
        if name not in self._compilers:
            try:
                self._compilers[name] = LabCompiler(self._documents[name].data, **self._options)
            except LabBuilderError as error:
                self._failed[name] = list(error.findings)
                raise
        return self._compilers[name]

    def _config_text(self, taken: UserDocument, name: str) -> str | bytes:
        if name == _DEFAULT:
            return DEFAULT_SITE
        if self._config is not None:
            return read(Path(name))
        text = taken.read(str(taken.document.data["config"]), ("config",))
        if text is None:
            raise LabBuilderError([])  # taken has the complaint
        return text

    def _config_name(self, taken: UserDocument, named: object) -> str:
        if self._config is not None:
            return self._config
        if named is None:
            return _DEFAULT
        if not isinstance(named, str):
            hint = "write site.yaml, for example"
            taken.complain("wrong-type", "must be a path or a mapping", ("config",), hint)
            raise LabBuilderError([])  # taken has the complaint
        return str(beside(taken.document.file, named))


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
    text = read_standard_input() if standard else read(Path(name))
    found = load(text, "<stdin>" if standard else name)
    documents = [each for each in found if each.data is not None]
    if not documents:
        raise LabBuilderError([Finding("empty-file", f"{name} holds no user")])
    return documents


def _single(documents: list[Document]) -> Document:
    if documents[0].data is None:
        message = f"{documents[0].file} holds no configuration"
        raise LabBuilderError([Finding("empty-file", message)])
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
    argument = finding.cause if finding.object else finding.path
    origin = origins.get(str(argument[0])) if argument else None
    if not origin or finding.source:
        return finding
    path = origin.path + argument[1:]
    source = origin.document.source(path, key=finding.about_key)
    if finding.object:
        return finding.placed(source, path)
    return replace(finding, path=path, source=source)
