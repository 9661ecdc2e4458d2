"""Arguments and options that several commands take."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

__all__ = [
    "Config",
    "Form",
    "Jobs",
    "KubernetesVersion",
    "KubernetesVersions",
    "Stream",
    "Templates",
    "UserFiles",
]


class Form(StrEnum):
    """Forms of output."""

    YAML = "yaml"
    JSON = "json"


class Stream(StrEnum):
    """Forms of output of many labs."""

    YAML = "yaml"
    JSON = "json"
    NDJSON = "ndjson"


UserFiles = Annotated[
    list[str],
    typer.Argument(
        metavar="USER.yaml...",
        help="User files, folders of them, globs, newline-delimited JSON (*.ndjson, *.jsonl); "
        "- is standard input.",
    ),
]
Jobs = Annotated[int, typer.Option(metavar="N", min=1, help="How many processes.")]
Config = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="The site's configuration, whatever user files name."),
]
Templates = Annotated[
    str | None,
    typer.Option(metavar="DIR", help="The site's own fragments, which go before ours."),
]
KubernetesVersion = Annotated[
    str | None,
    typer.Option(
        "--kubernetes-version",
        "--kube-version",
        metavar="VERSION",
        help="What manifests are checked against, such as 1.34.  [default: the newest]",
    ),
]
KubernetesVersions = Annotated[
    list[str] | None,
    typer.Option(
        "--kubernetes-version",
        "--kube-version",
        metavar="VERSION",
        help="What they are checked against, such as 1.34, or all; may be given several "
        "times.  [default: the newest]",
    ),
]
