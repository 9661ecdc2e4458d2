"""The command ``krm``: a KRM function, which kustomize and kpt run."""

from __future__ import annotations

from labbuilder.cli.options import (
    Accept,
    AllowEnv,
    AllowFiles,
    Config,
    KubernetesVersion,
    Templates,
    Trusted,
    make_access,
)

__all__ = ["krm"]


def krm(
    *,
    config: Config = None,
    templates: Templates = None,
    kubernetes_version: KubernetesVersion = None,
    accept: Accept = None,
    allow_files: AllowFiles = None,
    allow_env: AllowEnv = None,
    trusted: Trusted = False,
) -> None:
    """Add a lab to a KRM ResourceList.

    This is a KRM function, which kustomize and kpt run. It reads a ResourceList from standard
    input and writes one to standard output. The functionConfig's spec has the content of a user
    file; paths in it are relative to the working directory, which is the kustomization's.

    For example: labbuilder krm < list.yaml

    Exits with 0 on success and with 1 if anything is wrong, which the results report too.
    """
    from labbuilder.cli.actions.krm import run_function  # noqa: PLC0415 (see cli.options)

    run_function(
        config=config,
        templates=templates,
        kubernetes_version=kubernetes_version,
        accept=accept or (),
        access=make_access(allow_files, allow_env, trusted=trusted),
    )
