"""The compiler: a user, a request, an image and secrets, with a site's configuration → manifests.

The plain way, in the order in which data flows:

1. Inputs become models and are checked against each other (`labbuilder.models.complaints`,
   `labbuilder.lab.arguments`).
2. Inputs become the values of the lab (`labbuilder.lab.values`), and these with the configuration
   become facts: every decision about the lab (`labbuilder.lab.facts`).
3. Facts become manifests, by the catalogue's fragments (`labbuilder.lab.manifests`).
4. Manifests are judged, by Kubernetes' schemas and then by rules for what a cluster refuses beyond
   them (`labbuilder.validation.judge`). Each finding is traced to the input that decides it
   (`labbuilder.lab.origin`).

Two shortcuts wrap steps 3 and 4 for labs that are alike: `labbuilder.lab.plan` and
`labbuilder.lab.verdicts`. They change no result; ``fast=False`` turns them off.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from labbuilder import models
from labbuilder.errors import Finding, LabBuilderError
from labbuilder.fragments import Templates, compile_text, load_fragments
from labbuilder.lab.arguments import Inputs, raise_on_error, read_inputs
from labbuilder.lab.manifests import render_manifests
from labbuilder.lab.objects import LabObjects, in_apply_order
from labbuilder.lab.origin import find_input
from labbuilder.lab.plan import Plans
from labbuilder.lab.scheduling import check_scheduling
from labbuilder.lab.storage import Storage
from labbuilder.lab.values import derive_values, mask_secrets
from labbuilder.lab.verdicts import Verdicts
from labbuilder.manifest import Manifest
from labbuilder.models.complaints import validated
from labbuilder.models.config import lab_section
from labbuilder.sealed import sealed
from labbuilder.validation import schemas
from labbuilder.validation.judge import Verdict, check_accepted, judge, lab_severity
from labbuilder.validation.rules import Target

__all__ = ["LabCompiler", "compile_lab"]


class LabCompiler:
    """Compiles the labs of one site.

    Parameters
    ----------
    config
        The site's configuration: a model, or the content of a configuration file.
    kubernetes_version
        The version that manifests are checked against, such as ``1.34``; the newest by default.
    templates
        The site's own fragments by file name, or their folder, which is read now.
    fast
        Whether to reuse the manifests and findings of labs that are alike. The result is the same
        without.
    accept
        Codes of findings that a lab may have all the same, such as ``quota-exceeded``: they are
        warnings. Only what a cluster refuses can be accepted.

    Raises
    ------
    LabBuilderError
        If the configuration, the version or a fragment is wrong, or the folder can't be read,
        with all findings.
    """

    @sealed
    def __init__(
        self,
        config: models.LabConfig | Mapping[str, Any],
        *,
        kubernetes_version: str = schemas.NEWEST,
        templates: Templates = None,
        fast: bool = True,
        accept: Collection[str] = (),
    ) -> None:
        section, at = lab_section(config)
        path = ("config", *at)
        model, findings = validated(models.LabConfig, section, path)
        annotations = model.namespace_annotations if model else {}
        with _collected(findings):
            self._annotations = {
                key: compile_text(text, (*path, "namespaceAnnotations", key), ("uid", "gid"))
                for key, text in annotations.items()
            }
        self.kubernetes_version = schemas.NEWEST
        with _collected(findings):
            self.kubernetes_version = schemas.resolve_version(kubernetes_version)
        findings += check_scheduling(section, path, self.kubernetes_version)
        findings += check_accepted(accept)
        with _collected(findings):
            self._fragments = load_fragments(templates)
        if not model or findings:
            raise LabBuilderError(findings)
        self.config = model
        self._storage = Storage(model)
        self._has_own_fragments = templates is not None
        self._target = Target(
            self.kubernetes_version,
            for_our_labs=True,
            own_fragments=self._has_own_fragments,
            accepted=frozenset(accept),
        )
        self._render = partial(render_manifests, self._fragments, self._storage)
        self._plans = Plans(self._render) if fast else None
        # A fragment of the site may put a value where a rule without a guard reads it.
        reuse = fast and not self._has_own_fragments
        self._verdicts = Verdicts(self._storage.files) if reuse else None

    @sealed
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
            The site's URL and discovery document, which aren't configuration.
        user
            The user.
        lab
            The user's request.
        image
            The lab's image, or its reference with tag and digest.
        secrets
            Base64 text by key; ``token`` is required.
        pull_secret
            The data and type of the Secret with which images are pulled.

        Returns
        -------
        LabObjects
            The manifests. They share nothing mutable with the arguments or with another call's.

        Raises
        ------
        LabBuilderError
            If anything is wrong, with all findings.
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

    @sealed
    def compile_inputs(self, inputs: Inputs, warnings: tuple[Finding, ...] = ()) -> LabObjects:
        """Compile one lab from the result of `labbuilder.lab.arguments.read_inputs`.

        Findings about the arguments come first in the warnings. Raises as `compile` does.
        """
        size = self.config.size(inputs.lab.options.size)
        if not size:
            raise AssertionError("read_inputs refuses a size that isn't configured")
        annotations = {
            key: render(uid=inputs.user.uid, gid=inputs.user.gid)
            for key, render in self._annotations.items()
        }
        values = derive_values(self.config, self._storage.claimed, inputs, size, annotations)
        pull_secret_type = inputs.pull_secret.type if inputs.pull_secret else None
        try:
            if self._plans:
                parts, plan = self._plans.render(size, pull_secret_type, values)
            else:
                parts, plan = self._render(size, pull_secret_type, values), None
            manifests = in_apply_order(parts)
            judge_plainly = partial(self._judge, manifests, inputs)
            if self._verdicts and plan:
                findings = self._verdicts.judge(manifests, plan, values, judge_plainly)
            else:
                findings = [finding for _, finding in judge_plainly()]
            raise_on_error(findings)
        except LabBuilderError as error:
            raise LabBuilderError(mask_secrets(error.findings, values)) from None
        return LabObjects(**parts, warnings=(*warnings, *findings))

    def _judge(self, manifests: Sequence[Manifest], inputs: Inputs) -> Verdict:
        verdict = []
        for i, finding in judge(manifests, self._target):
            cause = find_input(finding.path, manifests[i], self._storage, inputs)
            severity = lab_severity(finding, own_fragments=self._has_own_fragments)
            verdict.append((i, replace(finding, cause=cause, severity=severity)))
        return verdict


@sealed
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
    accept: Collection[str] = (),
) -> LabObjects:
    """Compile one lab; `LabCompiler` compiles many.

    Parameters
    ----------
    config, kubernetes_version, templates, accept
        As for `LabCompiler`.
    site, user, lab, image, secrets, pull_secret
        As for `LabCompiler.compile`.

    Returns
    -------
    LabObjects
        The manifests.

    Raises
    ------
    LabBuilderError
        If anything is wrong, with all findings.
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
        compiler = LabCompiler(
            config, kubernetes_version=kubernetes_version, templates=templates, accept=accept
        )
    except LabBuilderError as error:
        _, findings = read_inputs(None, **arguments)
        raise LabBuilderError([*error.findings, *findings]) from None
    return compiler.compile(**arguments)


@contextmanager
def _collected(findings: list[Finding]) -> Iterator[None]:
    try:
        yield
    except LabBuilderError as error:
        findings += error.findings
