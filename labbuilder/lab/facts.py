"""Every decision about a lab, in Python; fragments only give the decisions their shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from labbuilder.lab.containers import Container, init_containers, notebook
from labbuilder.lab.names import LabObjectNames
from labbuilder.lab.storage import DISCOVERY_KEY, Claim, Storage, Volume
from labbuilder.lab.values import ARGO_CD, Particulars
from labbuilder.models.scheduling import Affinity, Toleration
from labbuilder.models.size import LabSizeDefinition
from labbuilder.names import LAB_PORT

__all__ = ["Facts", "arrange"]

PULL_SECRET = "pull-secret"  # noqa: S105 (its name)


@dataclass(frozen=True)
class Quota:
    """A ResourceQuota's numbers: cores and bytes as text."""

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
    """What the fragments are given: the names that they may use.

    There are no models among them: a fragment could call what pydantic's classes offer.
    An optional list or mapping is None where it would be empty, so that its key is left out.
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
    env: dict[str, str]
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


def arrange(
    storage: Storage, size: LabSizeDefinition, pull_secret_type: str | None, own: Particulars
) -> Facts:
    """Decide everything about a lab.

    Nothing here looks into the lab's own values, other than whether they are None: they may be
    the holes of a shape (`labbuilder.lab.plan`).

    Parameters
    ----------
    storage
        The configuration, and what it decides about volumes.
    size
        The size that the user asked for.
    pull_secret_type
        The type of the Secret with which images are pulled, if there is one.
    own
        The lab's own values.

    Returns
    -------
    Facts
        The decisions.
    """
    config, names = storage.config, own.names
    selector = {"nublado.lsst.io/category": "lab", "nublado.lsst.io/user": names.username}
    argo_cd = {"argocd.argoproj.io/instance": config.application} if config.application else {}
    return Facts(
        names=names,
        namespace=names.namespace,
        labels=selector | argo_cd,
        selector=selector,
        annotations=ARGO_CD,
        namespace_annotations=own.namespace_annotations,
        pod_annotations=own.pod_annotations,
        uid=own.uid,
        gid=own.gid,
        port=LAB_PORT,
        quota=_quota(own),
        env=own.env,
        nss={"passwd": own.passwd, "group": own.group},
        files={
            DISCOVERY_KEY: own.discovery,
            **{file.key: file.content for file in storage.files},
        },
        secrets=_secrets(own, pull_secret_type),
        claims=storage.claims(own),
        volumes=storage.volumes(own, size.resources.limits.memory),
        resources=_resources(size),
        notebook=notebook(storage, own),
        init_containers=init_containers(storage, own),
        affinity=_kubernetes(config.affinity) or None if config.affinity else None,
        node_selector=config.node_selector or None,
        tolerations=[_kubernetes(toleration) for toleration in config.tolerations] or None,
        supplemental_groups=own.supplemental_groups,
        image_pull_secrets=[{"name": PULL_SECRET}] if config.pull_secret else None,
    )


def _quota(own: Particulars) -> Quota | None:
    if own.quota_cpu is None or own.quota_memory is None:
        return None
    return Quota(own.quota_cpu, own.quota_memory)


def _secrets(own: Particulars, pull_secret_type: str | None) -> list[Secret]:
    found = [Secret(own.names.secret, "Opaque", own.secrets)]
    if own.pull_secret is not None and pull_secret_type is not None:
        found.append(Secret(PULL_SECRET, pull_secret_type, own.pull_secret))
    return found


def _resources(size: LabSizeDefinition) -> dict[str, dict[str, str]]:
    found = {"limits": size.resources.limits, "requests": size.resources.requests}
    return {
        name: {"cpu": str(amount.cpu), "memory": str(amount.memory)}
        for name, amount in found.items()
    }


def _kubernetes(model: Affinity | Toleration) -> dict[str, Any]:
    return model.model_dump(by_alias=True, exclude_none=True)
