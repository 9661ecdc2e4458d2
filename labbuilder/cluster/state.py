"""The objects of a lab in a cluster → the lab's state.

They are read as the cluster returns them, whatever built the lab.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel

from labbuilder.cluster.clients import plain
from labbuilder.cluster.objects import (
    EnvConfigMap,
    Object,
    Pod,
    ResourceQuota,
    SecurityContext,
)
from labbuilder.errors import Finding, LabBuilderError, Path
from labbuilder.lab.names import (
    LabObjectNames,
    build_internal_url,
    check_username,
    object_names,
)
from labbuilder.lab.objects import LabStateObjects
from labbuilder.models import LabConfig, LabResources, LabSize, ResourceQuantity
from labbuilder.models.complaints import validated
from labbuilder.models.state import LabState, LabStateOptions, LabStatus, UserInfo
from labbuilder.names import NOTEBOOK_CONTAINER, USER_LABEL
from labbuilder.sealed import sealed

__all__ = ["recreate_lab_state"]

M = TypeVar("M", bound=BaseModel)

_STATUS = {
    "Pending": LabStatus.PENDING,
    "Running": LabStatus.RUNNING,
    "Succeeded": LabStatus.TERMINATED,
    "Failed": LabStatus.TERMINATED,
    "Unknown": LabStatus.FAILED,
}
_NO_VALUES = {"invalid-group": "must be the name of a group"}
"""Messages in place of those that show a value."""
_KINDS = {"env_config_map": "ConfigMap", "quota": "ResourceQuota", "pod": "Pod"}


@sealed
def recreate_lab_state(config: LabConfig, username: str, objects: LabStateObjects) -> LabState:
    """Recreate the state of a lab from its objects.

    The state of objects that were built from some input has that input's user, options, resources
    and quota. If the username is invalid, or something is missing, unreadable or not the user's,
    it raises `LabBuilderError` with all findings, which show no values of the objects.
    """
    if findings := list(check_username(username)):
        raise LabBuilderError(findings)
    names = object_names(config.namespace_prefix, username)
    env_config_map = _read(EnvConfigMap, objects.env_config_map, ("env_config_map",), findings)
    pod = _read(Pod, objects.pod, ("pod",), findings)
    ids = _notebook_ids(pod, findings) if pod else None
    quota = None
    if objects.quota is not None:
        quota = _read(ResourceQuota, objects.quota, ("quota",), findings)
    read = {"env_config_map": env_config_map, "quota": quota, "pod": pod}
    findings += _check_owner(read, names)
    if not env_config_map or not pod or not ids or findings:
        raise LabBuilderError(findings)
    env, annotations = env_config_map.data, pod.metadata.annotations
    is_deleted = pod.metadata.deletion_timestamp is not None
    resources = LabResources.model_construct(
        limits=_amounts(env.cpu_limit, env.mem_limit),
        requests=_amounts(env.cpu_guarantee, env.mem_guarantee),
    )
    # Not validated, like its parts: a cluster can have what no site could configure.
    return LabState.model_construct(
        user=UserInfo(
            username=username,
            name=annotations.user_name if annotations else None,
            uid=ids.run_as_user,
            gid=ids.run_as_group,
            groups=annotations.user_groups if annotations else (),
        ),
        options=LabStateOptions(
            image=env.image,
            size=_size(config, resources, env.container_size),
            enable_debug=env.debug == "TRUE",
            reset_user_env=env.reset_user_env == "TRUE",
        ),
        status=LabStatus.TERMINATING if is_deleted else _STATUS[pod.status.phase],
        internal_url=build_internal_url(names.namespace, env.service_prefix),
        resources=resources,
        quota=_amounts(quota.spec.hard.cpu, quota.spec.hard.memory) if quota else None,
    )


def _read(model: type[M], value: Any, path: Path, findings: list[Finding]) -> M | None:
    try:
        manifest = value if type(value) is dict else plain(value)
        found, complaints = validated(model, manifest, path)
    except LabBuilderError as error:
        found, complaints = None, [replace(each, path=path) for each in error.findings]
    # Hints are for people who write input; nobody writes a cluster's objects.
    findings += [
        replace(each, message=_NO_VALUES.get(each.code, each.message), hint="")
        for each in complaints
    ]
    return found


def _check_owner(objects: Mapping[str, Object | None], names: LabObjectNames) -> list[Finding]:
    """Find objects that aren't the user's by kind, name, namespace or label.

    The namespace may be missing from all of them, the kind and the label from each.
    """
    found: list[Finding] = []
    read = {part: each for part, each in objects.items() if each}
    known = {
        part: each.identity if isinstance(each.identity, dict) else {}
        for part, each in read.items()
    }
    in_namespace = any(each.get("namespace") is not None for each in known.values())
    for part, metadata in known.items():
        each, kind, name = read[part], _KINDS[part], getattr(names, part)
        labels = metadata.get("labels")
        user = labels.get(USER_LABEL) if isinstance(labels, dict) else labels
        if each.kind not in (None, kind) or each.api_version not in (None, "v1"):
            found.append(Finding("other-user", f"must be a v1 {kind}", (part, "kind")))
        if metadata.get("name") != name:
            found.append(Finding("other-user", f"must be {name}", (part, "metadata", "name")))
        if in_namespace and metadata.get("namespace") != names.namespace:
            message = f"must be {names.namespace}, as the configuration makes it"
            found.append(Finding("other-namespace", message, (part, "metadata", "namespace")))
        if user not in (None, names.username):
            path = (part, "metadata", "labels", USER_LABEL)
            found.append(Finding("other-user", f"must be {names.username}", path))
    return found


def _notebook_ids(pod: Pod, findings: list[Finding]) -> SecurityContext | None:
    """Read the ids that the lab runs as; other containers are ignored."""
    path = ("pod", "spec", "containers")
    notebooks = [
        i for i, each in enumerate(pod.spec.containers) if each.name == NOTEBOOK_CONTAINER
    ]
    if len(notebooks) != 1:
        message = f"must have exactly one container named {NOTEBOOK_CONTAINER}"
        findings.append(Finding("missing-field", message, path))
        return None
    (i,) = notebooks
    context = pod.spec.containers[i].security_context
    return _read(SecurityContext, context, (*path, i, "securityContext"), findings)


def _amounts(cpu: float, memory: int) -> ResourceQuantity:
    return ResourceQuantity.model_construct(cpu=cpu, memory=memory)


def _numbers(resources: LabResources) -> tuple[float, int, float, int]:
    limits, requests = resources.limits, resources.requests
    return limits.cpu, limits.memory, requests.cpu, requests.memory


def _size(config: LabConfig, resources: LabResources, described: str | None) -> LabSize:
    """Find the configured size; of several with these resources, the one that was described."""
    numbers = _numbers(resources)
    sizes = [known for known in config.sizes if _numbers(known.resources) == numbers]
    named = [known for known in sizes if known.description == described]
    return (named or sizes)[0].size if sizes else LabSize.CUSTOM


LabState.model_rebuild()
