"""The compiler: a user, a request, an image and secrets, with a site's configuration → manifests.

The steps, in the order in which data flows:

1. Inputs become models and are held against each other (`labbuilder.models.complaints`,
   `labbuilder.lab.arguments`).
2. Every decision is made: about what a lab has of its own (`labbuilder.lab.values`), and about
   what it shares with others of its shape (`labbuilder.lab.facts`).
3. The catalogue's fragments give the decisions their shape (`labbuilder.lab.catalog`,
   `labbuilder.fragments`), once for all labs that have the same (`labbuilder.lab.plan`).
4. Every manifest is checked against Kubernetes' schema (`labbuilder.validation.schemas`), and all
   of them against what a cluster refuses beyond it (`labbuilder.validation.rules`,
   `labbuilder.lab.verdicts`); what is wrong is led back to the input that decides it
   (`labbuilder.lab.origin`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from os import PathLike
from pathlib import Path as FilePath
from typing import Any

from labbuilder import data, models
from labbuilder.errors import Finding, LabBuilderError, shown
from labbuilder.fragments import Fragments, compile_text
from labbuilder.lab.arguments import Inputs, raise_errors, read_inputs
from labbuilder.lab.objects import LabObjects, in_order
from labbuilder.lab.origin import cause
from labbuilder.lab.plan import Plans
from labbuilder.lab.storage import Storage
from labbuilder.lab.values import Particulars, particulars
from labbuilder.lab.verdicts import Verdicts
from labbuilder.manifest import MASK
from labbuilder.models.complaints import validated
from labbuilder.models.config import lab_section
from labbuilder.validation import schemas

__all__ = ["LabCompiler", "compile_lab"]

Templates = Mapping[str, str] | PathLike[str] | str | None


class LabCompiler:
    """What depends on a site's configuration alone, made once for many labs.

    Parameters
    ----------
    config
        The site's configuration: a model, or what a configuration file holds.
    kubernetes_version
        The version that manifests are checked against, such as ``1.34``; the newest by default.
    templates
        The site's own fragments by file name, or the folder that they lie in, which is read now.

    Raises
    ------
    LabBuilderError
        If the configuration, the version or a fragment is wrong, or the folder can't be read,
        with every complaint.
    """

    def __init__(
        self,
        config: models.LabConfig | Mapping[str, Any],
        *,
        kubernetes_version: str = schemas.NEWEST,
        templates: Templates = None,
    ) -> None:
        findings: list[Finding] = []
        section, at = lab_section(config)
        path = ("config", *at)
        model, found = validated(models.LabConfig, section, path)
        findings += found
        annotations = model.namespace_annotations if model else {}
        with _collected(findings):
            self._annotations = {
                key: compile_text(text, (*path, "namespaceAnnotations", key), ("uid", "gid"))
                for key, text in annotations.items()
            }
        with _collected(findings):
            self.kubernetes_version = schemas.resolve_version(kubernetes_version)
        with _collected(findings):
            fragments = _fragments(templates)
        if not model or findings:
            raise LabBuilderError(findings)
        self.config = model
        self._storage = Storage(model)
        self._plans = Plans(fragments, self._storage)
        self._verdicts = Verdicts(
            self.kubernetes_version,
            files=sum(len(file.content) for file in self._storage.files),
            ours=not templates,
        )

    def compile(
        self,
        *,
        site: models.Site | Mapping[str, Any],
        user: models.User | Mapping[str, Any] | object,
        lab: models.LabSpecification | Mapping[str, Any] | object,
        image: models.Image | Mapping[str, Any] | str | object,
        secrets: models.SecretData | Mapping[str, str],
        pull_secret: models.PullSecret | Mapping[str, Any] | object | None = None,
    ) -> LabObjects:
        """Compile one lab.

        Parameters
        ----------
        site
            Facts of the site that aren't configuration.
        user
            Whose lab it is.
        lab
            What the user asked for.
        image
            The lab's image; a reference with tag and digest will do.
        secrets
            Base64 text by key; ``token`` must be there.
        pull_secret
            Data and type of the Secret with which images are pulled.

        Returns
        -------
        LabObjects
            The manifests. They share nothing mutable with the arguments or with another call's.

        Raises
        ------
        LabBuilderError
            If anything is wrong, with every complaint.
        """
        inputs, findings = read_inputs(
            self.config,
            site=site,
            user=user,
            lab=lab,
            image=image,
            secrets=secrets,
            pull_secret=pull_secret,
        )
        if not inputs:
            raise LabBuilderError(findings)
        return self.compile_inputs(inputs, tuple(findings))

    def compile_inputs(self, inputs: Inputs, warnings: tuple[Finding, ...] = ()) -> LabObjects:
        """Compile one lab whose arguments `labbuilder.lab.arguments.read_inputs` has read.

        Parameters
        ----------
        inputs
            The arguments.
        warnings
            What `LabObjects.warnings` is to hold besides those about the manifests.

        Returns
        -------
        LabObjects
            As `compile` gives them.

        Raises
        ------
        LabBuilderError
            If a fragment is wrong or makes a manifest that Kubernetes' schema refuses.
        """
        size = self.config.size(inputs.lab.options.size)
        if not size:
            raise AssertionError("read_inputs refuses a size that isn't configured")
        annotations = {
            key: render(uid=inputs.user.uid, gid=inputs.user.gid)
            for key, render in self._annotations.items()
        }
        own = particulars(self.config, self._storage.claimed, inputs, size, annotations)
        pull_secret_type = inputs.pull_secret.type if inputs.pull_secret else None
        try:
            parts, plan = self._plans.make(size, pull_secret_type, own)
            findings = self._verdicts.judge(
                in_order(parts),
                plan,
                own,
                lambda path, manifest: cause(path, manifest, self._storage, inputs),
            )
            raise_errors(findings)
        except LabBuilderError as error:
            raise LabBuilderError(_masked(error.findings, own)) from None
        return LabObjects(**parts, warnings=(*warnings, *findings))


def compile_lab(
    *,
    config: models.LabConfig | Mapping[str, Any],
    site: models.Site | Mapping[str, Any],
    user: models.User | Mapping[str, Any] | object,
    lab: models.LabSpecification | Mapping[str, Any] | object,
    image: models.Image | Mapping[str, Any] | str | object,
    secrets: models.SecretData | Mapping[str, str],
    pull_secret: models.PullSecret | Mapping[str, Any] | object | None = None,
    kubernetes_version: str = schemas.NEWEST,
    templates: Templates = None,
) -> LabObjects:
    """Compile one lab: the convenience on top of `LabCompiler`.

    Parameters
    ----------
    config, kubernetes_version, templates
        As `LabCompiler` takes them.
    site, user, lab, image, secrets, pull_secret
        As `LabCompiler.compile` takes them.

    Returns
    -------
    LabObjects
        The manifests.

    Raises
    ------
    LabBuilderError
        If anything is wrong, with every complaint.
    """
    arguments: dict[str, Any] = {
        "site": site,
        "user": user,
        "lab": lab,
        "image": image,
        "secrets": secrets,
        "pull_secret": pull_secret,
    }
    try:
        compiler = LabCompiler(config, kubernetes_version=kubernetes_version, templates=templates)
    except LabBuilderError as error:
        _, findings = read_inputs(None, **arguments)
        raise LabBuilderError([*error.findings, *findings]) from None
    return compiler.compile(**arguments)


def _masked(findings: Iterable[Finding], own: Particulars) -> Iterator[Finding]:
    """Hide secrets' values, which a site's own fragment may have put anywhere."""
    secrets = {*own.secrets.values(), *(own.pull_secret or {}).values()}

    def mask(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, MASK) if secret else text
        return text

    for finding in findings:
        path = tuple(mask(step) if isinstance(step, str) else step for step in finding.path)
        yield replace(
            finding,
            message=mask(finding.message),
            hint=mask(finding.hint),
            object=mask(finding.object),
            path=path,
        )


@contextmanager
def _collected(findings: list[Finding]) -> Iterator[None]:
    try:
        yield
    except LabBuilderError as error:
        findings += error.findings


def _fragments(templates: Templates) -> Fragments:
    if templates is None:
        return _shipped()
    if isinstance(templates, Mapping):
        if not all(isinstance(text, str) for item in templates.items() for text in item):
            message = "fragments are not given as text by file name"
            raise LabBuilderError([Finding("unreadable-templates", message)])
        return Fragments(data.TEMPLATES, templates)
    try:
        own = data.read_folder(FilePath(templates), ".yaml")
    except (OSError, ValueError, TypeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        message = f"the folder of fragments {shown(str(templates))} can't be read: {reason}"
        raise LabBuilderError([Finding("unreadable-templates", message)]) from None
    return Fragments(data.TEMPLATES, own, str(templates))


@cache
def _shipped() -> Fragments:
    return Fragments(data.TEMPLATES)
