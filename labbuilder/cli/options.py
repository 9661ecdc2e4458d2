"""Arguments and options that several commands take, and the formats of output.

A command's own module has nothing but its options and its help: the command line imports all of
them to parse its arguments, and of `labbuilder.cli.actions` only the one that it runs.
"""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labbuilder.cli.streams import EXIT_ERROR, say

if TYPE_CHECKING:
    from labbuilder.users.access import Access

__all__ = [
    "Accept",
    "AllowEnv",
    "AllowFiles",
    "Config",
    "IgnoreMissingSchemas",
    "Jobs",
    "KubernetesVersion",
    "KubernetesVersions",
    "LabFormat",
    "ManifestFormat",
    "PodSecurity",
    "ReportFormat",
    "SchemaKind",
    "SecurityLevel",
    "SiteConfig",
    "Skip",
    "Templates",
    "TextFormat",
    "TextOutput",
    "Trusted",
    "UserFiles",
    "check_name",
    "make_access",
]


class TextFormat(StrEnum):
    """Formats for people and for programs."""

    TEXT = "text"
    JSON = "json"


class ManifestFormat(StrEnum):
    """Formats of documents."""

    YAML = "yaml"
    JSON = "json"


class LabFormat(StrEnum):
    """Formats of many labs."""

    YAML = "yaml"
    JSON = "json"
    NDJSON = "ndjson"


class ReportFormat(StrEnum):
    """Formats of reports of findings."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"
    JUNIT = "junit"


class SecurityLevel(StrEnum):
    """Levels of the Pod Security Standards."""

    PRIVILEGED = "privileged"
    BASELINE = "baseline"
    RESTRICTED = "restricted"


class SchemaKind(StrEnum):
    """Files that have a JSON Schema."""

    USER = "user"
    CONFIG = "config"


def check_name(param: typer.CallbackParam, value: str | list[str] | None) -> object:
    """Return the name of a file or folder, or names; exit if one is empty, as for ``"$UNSET"``."""
    if value is not None and "" in (value if isinstance(value, list) else [value]):
        kind = {"DIR": "folder", "NAME": "variable"}.get(str(param.metavar), "file")
        message = f"a {kind} name is empty"
        if param.param_type_name == "option":
            message = f"{param.opts[0]} is empty; name a {kind} or remove the option"
        say(message)
        raise typer.Exit(EXIT_ERROR)
    is_list = getattr(param, "multiple", False)  # whose length Typer 0.15 takes
    return value or () if is_list else value


def make_access(
    allow_files: list[str] | None, allow_env: list[str] | None, *, trusted: bool
) -> Access:
    """Return what user files may read, by the options."""
    from labbuilder.users.access import Access  # noqa: PLC0415 (slow, and for some commands only)

    return Access(".", tuple(allow_files or ()), tuple(allow_env or ()), trusted)


def _check_folders(param: typer.CallbackParam, value: list[str] | None) -> object:
    """Return folders; exit if one doesn't exist."""
    given = check_name(param, value)
    for each in value or ():
        if not Path(each).is_dir():
            say(f"{param.opts[0]}: {each!a} is not a folder; name another")
            raise typer.Exit(EXIT_ERROR)
    return given


UserFiles = Annotated[
    list[str],
    typer.Argument(
        callback=check_name,
        metavar="USER.yaml...",
        help="User files, folders, globs, newline-delimited JSON (*.ndjson, *.jsonl), or - for "
        "standard input.",
    ),
]
TextOutput = Annotated[TextFormat, typer.Option("-o", "--output", help="Output format.")]
Jobs = Annotated[int, typer.Option(metavar="N", min=1, help="Number of processes.")]
Config = Annotated[
    str | None,
    typer.Option(
        callback=check_name,
        metavar="FILE",
        help="Site configuration; user files must not have another.",
    ),
]
AllowFiles = Annotated[
    list[str] | None,
    typer.Option(
        callback=_check_folders,
        metavar="DIR",
        help="Folder below which user files may read files, besides the working directory; can be "
        "repeated.",
        show_default=False,
    ),
]
AllowEnv = Annotated[
    list[str] | None,
    typer.Option(
        callback=check_name,
        metavar="NAME",
        help="Environment variable that user files may read, or a pattern such as LAB_*; can be "
        "repeated.",
        show_default=False,
    ),
]
Trusted = Annotated[
    bool, typer.Option("--trusted", help="Let user files read any file and variable.")
]
SiteConfig = Annotated[
    str | None,
    typer.Option(
        "--config",
        callback=check_name,
        metavar="FILE",
        help="Site configuration.  [default: a small built-in site]",
        show_default=False,
    ),
]
Templates = Annotated[
    str | None,
    typer.Option(metavar="DIR", help="Folder of fragments that override the built-in ones."),
]
_version = partial(typer.Option, "--kubernetes-version", "--kube-version", metavar="VERSION")
KubernetesVersion = Annotated[
    str | None,
    _version(help="Version to check manifests against, such as 1.34.  [default: the newest]"),
]
Skip = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND",
        help="Kind that is not checked, such as Deployment or apps/v1/Deployment; can be "
        "repeated.",
        show_default=False,
    ),
]


def _check_codes(param: typer.CallbackParam, value: list[str] | None) -> object:
    """Return codes of findings; exit if one can't be accepted."""
    if value:
        from labbuilder.validation.judge import check_accepted  # noqa: PLC0415 (slow, and rare)

        findings = check_accepted(value)
        for finding in findings:
            say(f"{param.opts[0]}: {finding.message}; {finding.hint}")
        if findings:
            raise typer.Exit(EXIT_ERROR)
    return value or ()


Accept = Annotated[
    list[str] | None,
    typer.Option(
        callback=_check_codes,
        metavar="CODE",
        help="Finding that a lab may have all the same, such as quota-exceeded; can be repeated.",
        show_default=False,
    ),
]
IgnoreMissingSchemas = Annotated[
    bool,
    typer.Option("--ignore-missing-schemas", help="Skip kinds that have no schema."),
]
PodSecurity = Annotated[
    SecurityLevel | None,
    typer.Option(
        help="Pod Security Standard that namespaces without a label enforce.  [default: unknown]",
        show_default=False,
    ),
]
KubernetesVersions = Annotated[
    list[str] | None,
    _version(
        help="Version to check against, such as 1.34, or all; can be repeated.  "
        "[default: the newest]"
    ),
]
