"""User documents to labs, with every finding placed in the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from labbuilder.compiler import LabCompiler
from labbuilder.documents import Document
from labbuilder.documents.files import load_file
from labbuilder.errors import Finding, LabBuilderError
from labbuilder.lab.arguments import raise_on_error, read_inputs
from labbuilder.lab.objects import LabObjects
from labbuilder.sealed import sealed
from labbuilder.users.configuration import parse_configuration, read_configuration
from labbuilder.users.document import UserDocument, parse_user, resolve_relative
from labbuilder.users.origins import Origin, place

__all__ = ["UserFiles", "read_documents"]

_MAX_CACHED_SITES = 64


@dataclass(frozen=True, slots=True)
class _Site:
    """A configuration: its place, and its compiler or what is wrong with it."""

    origin: Origin
    compiler: LabCompiler | None = None
    findings: tuple[Finding, ...] = ()


class UserFiles:
    """Compiles user files; a configuration is read and prepared once for all of them.

    `config` is a file that overrides the user files' own. The other options are those of
    `labbuilder.LabCompiler`, with its defaults.
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
        self._sites: dict[str | None, _Site] = {}  # None is the default site

    @sealed
    def compile(self, document: Document) -> LabObjects:
        """Compile one user's document to a lab, with its warnings placed in the files.

        If anything is wrong, it raises `LabBuilderError` with everything, placed in the files.
        """
        user = parse_user(document)
        compiler = self._compiler(user)
        inputs, found = read_inputs(compiler.config if compiler else None, **user.arguments)
        user.findings += place(found, user.origins)
        raise_on_error(user.findings)
        if not compiler or not inputs:
            raise AssertionError("None comes with an error")
        try:
            lab = compiler.compile_inputs(inputs, tuple(user.findings))
        except LabBuilderError as error:
            raise LabBuilderError(place(error.findings, user.origins)) from None
        return replace(lab, warnings=tuple(place(lab.warnings, user.origins)))

    def _compiler(self, user: UserDocument) -> LabCompiler | None:
        """Return the compiler of the user's site; None, with complaints, if that is wrong."""
        try:
            site = self._site(user)
        except LabBuilderError as error:
            user.findings += error.findings
            return None
        if site is None:
            return None
        user.origins["config"] = site.origin
        user.findings += place(site.findings, user.origins)
        return site.compiler

    def _site(self, user: UserDocument) -> _Site | None:
        named = user.document.data.get("config")
        if self._config is not None or named is None:
            if self._config not in self._sites:
                self._keep(self._config, read_configuration(self._config))
            return self._sites[self._config]
        if isinstance(named, Mapping):
            return self._prepare(Origin(user.document, ("config",)), named)
        if not isinstance(named, str):
            hint = "write site.yaml, for example"
            user.complain("wrong-type", "must be a path or a mapping", ("config",), hint)
            return None
        file = str(resolve_relative(user.document.file, named))
        if file not in self._sites:
            text = user.read(named, ("config",))
            if text is None:
                return None
            self._keep(file, parse_configuration(text, file))
        return self._sites[file]

    def _keep(self, file: str | None, document: Document) -> None:
        if len(self._sites) >= _MAX_CACHED_SITES:
            del self._sites[next(iter(self._sites))]  # the oldest
        self._sites[file] = self._prepare(Origin(document), document.data)

    def _prepare(self, origin: Origin, config: Mapping[str, Any]) -> _Site:
        try:
            return _Site(origin, LabCompiler(config, **self._options))
        except LabBuilderError as error:
            return _Site(origin, findings=tuple(error.findings))


@sealed
def read_documents(name: str) -> list[Document]:
    """Read a user file, a document for each user; ``-`` is standard input.

    It raises `LabBuilderError` if the file can't be read, isn't strict YAML, or contains no user.
    """
    documents = load_file(name)
    if not documents:
        raise LabBuilderError([Finding("empty-file", f"{name} contains no user")])
    return documents
