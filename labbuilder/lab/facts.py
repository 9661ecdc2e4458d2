"""Every decision about a lab, in Python; fragments only give the decisions their shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from labbuilder.lab.containers import Container, init_containers, notebook
from labbuilder.lab.names import LabObjectNames
from labbuilder.lab.storage import Claim, Storage, Volume
from labbuilder.lab.values import ARGO_CD, LabValues
from labbuilder.models.reserved import DISCOVERY, GROUP, PASSWD
from labbuilder.models.size import LabSizeDefinition
from labbuilder.names import CATEGORY_LABEL, LAB_PORT, USER_LABEL

__all__ = ["Facts", "derive_facts"]


@dataclass(frozen=True)
class Quota:
    """The limits of a ResourceQuota: cores and bytes as text."""

    cpu: str
    """Cores, such as ``4.0``."""
    memory: str
    """Bytes."""


@dataclass(frozen=True)
class Secret:
    """A Secret."""

    name: str
    """Its name."""
    type: str
    """Its type, such as ``Opaque``."""
    data: dict[str, str] = field(repr=False)
    """Its values in base64, by key."""


@dataclass(frozen=True)
class Facts:
    """The variables of the fragments, by their names.

    None of them is a model, because a fragment could call the methods of pydantic's classes.
    An optional list or mapping is None rather than empty, so that its key is omitted.
    """

    names: LabObjectNames
    """The names of the lab's objects."""
    namespace: str
    """The name of the lab's namespace."""
    labels: dict[str, str]
    """The labels of every object."""
    selector: dict[str, str]
    """The labels that select the user's lab."""
    annotations: dict[str, str]
    """The annotations of every object but the pod and the namespace."""
    namespace_annotations: dict[str, str]
    """The annotations of the namespace."""
    pod_annotations: dict[str, str]
    """The annotations of the pod."""
    uid: int
    """The user's number."""
    gid: int
    """The number of the user's primary group."""
    port: int
    """The port on which the notebook listens."""
    quota: Quota | None
    """The user's quota, if there is one."""
    env: dict[str, str] = field(repr=False)
    """The data of the environment ConfigMap."""
    nss: dict[str, str]
    """The data of the ConfigMap with ``passwd`` and ``group``."""
    files: dict[str, str]
    """The data of the ConfigMap with the site's files and the discovery document."""
    secrets: list[Secret]
    """The Secrets, which only the fragment ``secret`` is given, one by one."""
    claims: list[Claim]
    """The PersistentVolumeClaims."""
    volumes: list[Volume]
    """The volumes of the pod."""
    resources: dict[str, dict[str, str]]
    """The limits and requests of every container."""
    notebook: Container
    """The container of the notebook."""
    init_containers: list[Container]
    """The init containers, in order."""
    affinity: dict[str, Any] | None
    """The configuration's ``affinity``."""
    node_selector: dict[str, str] | None
    """The configuration's ``nodeSelector``."""
    tolerations: list[dict[str, Any]] | None
    """The configuration's ``tolerations``."""
    supplemental_groups: list[int] | None
    """The numbers of the user's groups."""
    image_pull_secrets: list[dict[str, str]] | None
    """References to the pull secret."""


def derive_facts(
    storage: Storage, size: LabSizeDefinition, pull_secret_type: str | None, values: LabValues
) -> Facts:
    """Decide everything about a lab.

    Nothing here reads the values of the lab, except whether they are None: they may be the
    placeholders of a plan (`labbuilder.lab.plan`).
    """
    config, names = storage.config, values.names
    selector = {CATEGORY_LABEL: "lab", USER_LABEL: names.username}
    argo_cd = {"argocd.argoproj.io/instance": config.application} if config.application else {}
    return Facts(
        names=names,
        namespace=names.namespace,
        labels=selector | argo_cd,
        selector=selector,
        annotations=ARGO_CD,
        namespace_annotations=values.namespace_annotations,
        pod_annotations=values.pod_annotations,
        uid=values.uid,
        gid=values.gid,
        port=LAB_PORT,
        quota=_quota(values),
        env=values.env,
        nss={PASSWD: values.passwd, GROUP: values.group},
        files={
            DISCOVERY: values.discovery,
            **{file.key: file.content for file in storage.files},
        },
        secrets=_secrets(values, pull_secret_type),
        claims=storage.claims(values),
        volumes=storage.volumes(values, size.resources.limits.memory),
        resources=_resources(size),
        notebook=notebook(storage, values),
        init_containers=init_containers(storage, values),
        affinity=config.affinity or None,
        node_selector=config.node_selector or None,
        tolerations=[*config.tolerations] or None,
        supplemental_groups=values.supplemental_groups,
        image_pull_secrets=[{"name": names.pull_secret}] if config.pull_secret else None,
    )


def _quota(values: LabValues) -> Quota | None:
    if values.quota_cpu is None or values.quota_memory is None:
        return None
    return Quota(values.quota_cpu, values.quota_memory)


def _secrets(values: LabValues, pull_secret_type: str | None) -> list[Secret]:
    found = [Secret(values.names.secret, "Opaque", values.secrets)]
    if values.pull_secret is not None and pull_secret_type is not None:
        found.append(Secret(values.names.pull_secret, pull_secret_type, values.pull_secret))
    return found


def _resources(size: LabSizeDefinition) -> dict[str, dict[str, str]]:
    found = {"limits": size.resources.limits, "requests": size.resources.requests}
    return {
        name: {"cpu": str(amount.cpu), "memory": str(amount.memory)}
        for name, amount in found.items()
    }
