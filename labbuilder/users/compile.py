"""User documents to labs, with every finding placed in the files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypedDict

from labbuilder.compiler import LabCompiler
from labbuilder.documents import Document
from labbuilder.documents.files import load_file
from labbuilder.errors import Finding, LabBuilderError, Severity, shown
from labbuilder.lab.arguments import raise_on_error, read_inputs
from labbuilder.lab.objects import LabObjects
from labbuilder.sealed import sealed
from labbuilder.users.access import Access, resolve
from labbuilder.users.configuration import parse_own, read_configuration
from labbuilder.users.document import UserDocument, parse_user, resolve_relative
from labbuilder.users.origins import Origin, place
from labbuilder.validation.rules.lab.pod_security import WAIVER

__all__ = ["UserFiles", "UserOptions", "read_documents"]

_MAX_CACHED_SITES = 64


@dataclass(frozen=True, slots=True)
class _Site:
    """A configuration: its place, and its compiler or what is wrong with it."""

    origin: Origin
    compiler: LabCompiler | None = None
    findings: tuple[Finding, ...] = ()


class UserOptions(TypedDict, total=False):
    """The options of `UserFiles`."""

    config: str | None
    any_own: bool
    access: Access | None
    templates: str | None
    kubernetes_version: str | None
    accept: Sequence[str]


class UserFiles:
    """Compiles user files; a configuration is read and prepared once for all of them.

    `config` is the file of the site's configuration. It is an error if a user file has a
    configuration of its own then, unless `any_own` says that it is ignored. `access` is what user
    files may read: by default the files below the working directory, and no variables. The other
    options are those of `labbuilder.LabCompiler`, with its defaults.
    """

    def __init__(
        self,
        *,
        config: str | None = None,
        any_own: bool = False,
        access: Access | None = None,
        templates: str | None = None,
        kubernetes_version: str | None = None,
        accept: Sequence[str] = (),
    ) -> None:
        self._config = config
        self._any_own = any_own and config is not None
        self._access = access or Access()
        self._options: dict[str, Any] = {"templates": templates, "accept": accept}
        if kubernetes_version is not None:
            self._options["kubernetes_version"] = kubernetes_version
        self._sites: dict[str | None, _Site] = {}  # None is the default site

    @sealed
    def compile(self, document: Document) -> LabObjects:
        """Compile one user's document to a lab, with its warnings placed in the files.

        If anything is wrong, it raises `LabBuilderError` with everything, placed in the files.
        """
        user = parse_user(document, self._access)
        compiler = self._compiler(user)
        inputs, found = read_inputs(compiler.config if compiler else None, **user.arguments)
        user.findings += place(found, user.origins)
        raise_on_error(user.findings)
        if not compiler or not inputs:
            raise AssertionError("None comes with an error")
        try:
            lab = compiler.compile_inputs(inputs, tuple(user.findings))
        except LabBuilderError as error:
            raise LabBuilderError(self._placed(error.findings, user)) from None
        warnings = self._placed(lab.warnings, user)
        raise_on_error(warnings)
        return replace(lab, warnings=tuple(warnings))

    def _placed(self, findings: Sequence[Finding], user: UserDocument) -> list[Finding]:
        """Place findings; a waiver is an error if the configuration is in the user file itself."""
        placed = place(findings, user.origins)
        if not isinstance(user.document.data.get("config"), Mapping) or self._any_own:
            return placed
        at = partial(user.document.source, ("config",), key=True)
        hint = "put the configuration into a file and name it with --config"
        return [
            replace(each, severity=Severity.ERROR, hint=hint, source=each.source or at())
            if each.code == WAIVER.code
            else each
            for each in placed
        ]

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
        has_own = "config" in user.document.data and not self._any_own
        own = user.document.data["config"] if has_own else None
        if has_own and not isinstance(own, str | Mapping):
            hint = "write site.yaml, for example"
            user.complain("wrong-type", "must be a path or a mapping", ("config",), hint)
            return None
        if self._config is not None or not has_own:
            self._check_own(user, own)
            if self._config not in self._sites:
                self._keep(self._config, read_configuration(self._config))
            return self._sites[self._config]
        if isinstance(own, Mapping):
            return self._prepare(Origin(user.document, ("config",)), own)
        return self._own_site(user, str(own))

    def _check_own(self, user: UserDocument, own: str | Mapping[str, Any] | None) -> None:
        """Complain about a configuration of the user file that is not the one of all."""
        if own is None or self._config is None:
            return
        if isinstance(own, Mapping):
            message = "can't be combined with --config"
        elif not _is_same(resolve_relative(user.document.file, own), self._config):
            message = "is not the configuration that --config names"
        else:
            return
        hint = "remove it, or remove --config"
        user.complain("other-configuration", message, ("config",), hint)

    def _own_site(self, user: UserDocument, name: str) -> _Site | None:
        """Return the site whose configuration the user file names; None, with a complaint."""
        file = str(resolve_relative(user.document.file, name))
        if file not in self._sites:
            if (text := user.read(name, ("config",))) is None:
                return None
            if (document := parse_own(text, file)) is None:
                message = f"{shown(file)} is not a site's configuration"
                hint = "name a file that has namespacePrefix and sizes"
                user.complain("not-a-configuration", message, ("config",), hint)
                return None
            self._keep(file, document)
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


@lru_cache  # as for resolve_relative
def _is_same(path: Path, other: str) -> bool:
    return resolve(path) == resolve(other)


@sealed
def read_documents(name: str) -> list[Document]:
    """Read a user file, a document for each user; ``-`` is standard input.

    It raises `LabBuilderError` if the file can't be read, isn't strict YAML, or contains no user.
    """
    documents = load_file(name)
    if not documents:
        raise LabBuilderError([Finding("empty-file", f"{name} contains no user")])
    return documents
