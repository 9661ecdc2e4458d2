"""The values of one lab: those in which it differs from other labs of the same shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from pydantic import SecretStr

from labbuilder import models
from labbuilder.errors import Finding
from labbuilder.lab.arguments import Inputs
from labbuilder.lab.environment import group_file, groups_json, lab_environment, passwd_file
from labbuilder.lab.names import LabObjectNames, home_directory, object_names
from labbuilder.models.size import LabSizeDefinition
from labbuilder.names import USER_GROUPS_ANNOTATION, USER_NAME_ANNOTATION
from labbuilder.output.concealing import concealer

__all__ = ["ARGO_CD", "LabValues", "derive_values", "mask_secrets"]

ARGO_CD = {
    "argocd.argoproj.io/compare-options": "IgnoreExtraneous",
    "argocd.argoproj.io/sync-options": "Prune=false",
}
"""Annotations that keep Argo CD from deleting labs, which it did not create."""


class LabValues(NamedTuple):
    """The values of one lab, which nothing else holds or may change.

    Attributes
    ----------
    names
        The names of its objects.
    claims
        The names of its claims, by volume.
    uid_text, gid_text
        The user's numbers for the environment, whose values are text.
    quota_cpu, quota_memory
        Cores and bytes as text; None if the user has no quota.
    supplemental_groups
        None if the user is in no group.
    pull_secret
        None if there is none.
    """

    names: LabObjectNames
    claims: Mapping[str, str]
    uid: int
    gid: int
    uid_text: str
    gid_text: str
    home: str
    image: str
    controller_image: str
    controller_pull_policy: str
    quota_cpu: str | None
    quota_memory: str | None
    env: dict[str, str]
    passwd: str
    group: str
    discovery: str
    supplemental_groups: list[int] | None
    pod_annotations: dict[str, str]
    namespace_annotations: dict[str, str]
    secrets: dict[str, str]
    pull_secret: dict[str, str] | None

    def __repr__(self) -> str:
        return f"LabValues of {self.names.pod}"  # without secrets


def derive_values(
    config: models.LabConfig,
    claimed: Iterable[str],
    inputs: Inputs,
    size: LabSizeDefinition,
    namespace_annotations: Mapping[str, str],
) -> LabValues:
    """Derive the values of a lab.

    `claimed` are the volumes that need a claim, and `namespace_annotations` the configured ones,
    rendered.
    """
    site, user = inputs.site, inputs.user
    names = object_names(config.namespace_prefix, user.username)
    home = home_directory(
        config.homedir_prefix, config.homedir_schema, config.homedir_suffix, user.username
    )
    quota = user.quota.notebook if user.quota else None
    return LabValues(
        names=names,
        claims={volume: names.claim(volume) for volume in claimed},
        uid=user.uid,
        gid=user.gid,
        uid_text=str(user.uid),
        gid_text=str(user.gid),
        home=home,
        image=inputs.image.reference_with_digest,
        controller_image=site.controller_image.reference,
        controller_pull_policy=site.controller_image.pull_policy.value,
        quota_cpu=str(quota.cpu) if quota else None,
        quota_memory=str(quota.memory_bytes) if quota else None,
        env=lab_environment(config, site, inputs.lab, inputs.image, size),
        passwd=passwd_file(config.nss.base_passwd, user, home),
        group=group_file(config.nss.base_group, user),
        discovery=site.discovery_json,
        supplemental_groups=[group.id for group in user.groups] or None,
        pod_annotations=_pod_annotations(config, user),
        namespace_annotations={**ARGO_CD, **namespace_annotations},
        # The only place that reveals secrets: for the manifests that carry them.
        secrets=_revealed(inputs.secrets.root),
        pull_secret=_revealed(inputs.pull_secret.data) if inputs.pull_secret else None,
    )


def mask_secrets(findings: Iterable[Finding], values: LabValues) -> Iterator[Finding]:
    """Mask the values of secrets, which a site's fragment may have put anywhere."""
    mask = concealer([*values.secrets.values(), *(values.pull_secret or {}).values()])
    for finding in findings:
        path = tuple(mask(step) if isinstance(step, str) else step for step in finding.path)
        yield replace(
            finding,
            message=mask(finding.message),
            hint=mask(finding.hint),
            object=mask(finding.object),
            path=path,
        )


def _pod_annotations(config: models.LabConfig, user: models.User) -> dict[str, str]:
    name = {USER_NAME_ANNOTATION: user.name} if user.name else {}
    groups = {USER_GROUPS_ANNOTATION: groups_json(user)}
    return {**ARGO_CD, **groups, **name, **config.extra_annotations}


def _revealed(secrets: Mapping[str, SecretStr]) -> dict[str, str]:
    return {key: value.get_secret_value() for key, value in secrets.items()}
