"""The command ``krm``: a KRM function, which kustomize and kpt run."""

from __future__ import annotations

import typer

from labbuilder.cli.options import Config, KubernetesVersion, Templates
from labbuilder.cli.streams import read_files, say, writing, written

__all__ = ["krm"]

_FAILED = 1  # as the specification of KRM functions leaves open, and kustomize's own have it


def krm(
    *,
    config: Config = None,
    templates: Templates = None,
    kubernetes_version: KubernetesVersion = None,
) -> None:
    """Add a lab to a ResourceList: a KRM function, which kustomize and kpt run.

    The ResourceList is read from standard input and written to standard output. Its functionConfig
    holds under spec what a user file holds; paths in it are relative to the working directory,
    which is the kustomization's.

    For example: labbuilder krm < list.yaml

    Exits with 0 if all is well and with 1 if anything is wrong, which the results tell too.
    """
    # Late, as in render.
    from labbuilder.errors import LabBuilderError, Severity  # noqa: PLC0415
    from labbuilder.krm.function import refuse, run  # noqa: PLC0415
    from labbuilder.users.compile import UserFiles  # noqa: PLC0415

    try:
        ((file, text),) = read_files(["-"]).items()
        users = UserFiles(
            config=config, templates=templates, kubernetes_version=kubernetes_version
        )
        answer, findings = run(text, file, users.compile)
    except LabBuilderError as error:
        answer, findings = refuse(error.findings), error.findings
    say(findings)
    with writing("the ResourceList"):
        written(answer)
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(_FAILED)
