"""The objects of a lab in a cluster → the lab's state.

They are read as the cluster returns them, whatever built the lab. The models here define what is
read of each object; anything else is ignored.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_CEILING, Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Json, StrictInt
from pydantic.alias_generators import to_camel

from labbuilder.cluster.clients import plain
from labbuilder.errors import Finding, LabBuilderError, Path
from labbuilder.lab.names import build_internal_url, build_object_names
from labbuilder.lab.objects import LabStateObjects
from labbuilder.models import LabConfig, LabResources, LabSize, ResourceQuantity
from labbuilder.models.base import refused
from labbuilder.models.complaints import validated
from labbuilder.models.state import LabState, LabStateOptions, LabStatus, UserGroup, UserInfo
from labbuilder.names import (
    NOTEBOOK_CONTAINER,
    USER_GROUPS_ANNOTATION,
    USER_NAME_ANNOTATION,
    is_service_prefix,
)
from labbuilder.quantity import MAX_BYTES, parse_quantity
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


@sealed
def recreate_lab_state(config: LabConfig, username: str, objects: LabStateObjects) -> LabState:
    """Recreate the state of a lab from its objects.

    The state of objects that were built from some input has that input's user, options, resources
    and quota. If something is missing or unreadable, it raises `LabBuilderError` with all
    findings, which show no values.
    """
    findings: list[Finding] = []
    env_config_map = _read(_EnvConfigMap, objects.env_config_map, ("env_config_map",), findings)
    pod = _read(_Pod, objects.pod, ("pod",), findings)
    ids = _notebook_ids(pod, findings) if pod else None
    quota = None
    if objects.quota is not None:
        quota = _read(_ResourceQuota, objects.quota, ("quota",), findings)
    if not env_config_map or not pod or not ids or findings:
        raise LabBuilderError(findings)
    names = build_object_names(config.namespace_prefix, username)
    env, annotations = env_config_map.data, pod.metadata.annotations
    resources = LabResources.model_construct(
        limits=_amounts(env.cpu_limit, env.mem_limit),
        requests=_amounts(env.cpu_guarantee, env.mem_guarantee),
    )
    # Not validated, like its parts: a cluster can have what no site could configure.
    return LabState.model_construct(
        user=UserInfo(
            username=username,
            name=annotations.user_name,
            uid=ids.run_as_user,
            gid=ids.run_as_group,
            groups=annotations.user_groups,
        ),
        options=LabStateOptions(
            image=env.image,
            size=_size(config, resources, env.container_size),
            enable_debug=env.debug == "TRUE",
            reset_user_env=env.reset_user_env == "TRUE",
        ),
        status=_STATUS[pod.status.phase],
        internal_url=build_internal_url(names.namespace, env.service_prefix),
        resources=resources,
        quota=_amounts(quota.spec.hard.cpu, quota.spec.hard.memory) if quota else None,
    )


def _quantity(value: Any) -> Decimal:
    try:
        amount = parse_quantity(value)
    except ValueError as error:
        refused("invalid-quantity", str(error))
    if amount > MAX_BYTES:
        refused("invalid-quantity", "is more than Kubernetes supports")
    return amount


def _bytes(value: Any) -> int:
    """Read bytes, rounded up as by Kubernetes' ``Quantity.Value``."""
    return int(_quantity(value).to_integral_value(ROUND_CEILING))


def _prefix(value: str) -> str:
    if not is_service_prefix(value):
        refused("invalid-prefix", "must be the path of a URL")
    return value


Cores = Annotated[float, BeforeValidator(lambda value: float(_quantity(value)))]
Bytes = Annotated[int, BeforeValidator(_bytes)]


class _Read(BaseModel):
    """Base of the models, which ignore all other fields of an object."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="ignore", frozen=True, hide_input_in_errors=True
    )


class _Env(_Read):
    image: str = Field(alias="JUPYTER_IMAGE_SPEC", min_length=1)
    service_prefix: Annotated[str, AfterValidator(_prefix)] = Field(
        alias="JUPYTERHUB_SERVICE_PREFIX"
    )
    container_size: str | None = Field(None, alias="CONTAINER_SIZE")
    cpu_guarantee: Cores = Field(alias="CPU_GUARANTEE")
    cpu_limit: Cores = Field(alias="CPU_LIMIT")
    mem_guarantee: Bytes = Field(alias="MEM_GUARANTEE")
    mem_limit: Bytes = Field(alias="MEM_LIMIT")
    debug: str | None = Field(None, alias="DEBUG")
    reset_user_env: str | None = Field(None, alias="RESET_USER_ENV")


class _EnvConfigMap(_Read):
    data: _Env


class _Hard(_Read):
    cpu: Cores = Field(alias="limits.cpu")
    memory: Bytes = Field(alias="limits.memory")


class _QuotaSpec(_Read):
    hard: _Hard


class _ResourceQuota(_Read):
    spec: _QuotaSpec


class _Annotations(_Read):
    user_groups: Json[tuple[UserGroup, ...]] = Field(alias=USER_GROUPS_ANNOTATION)
    user_name: str | None = Field(None, alias=USER_NAME_ANNOTATION)


class _Metadata(_Read):
    annotations: _Annotations


class _SecurityContext(_Read):
    run_as_user: StrictInt
    run_as_group: StrictInt


class _Container(_Read):
    name: str
    security_context: Any = None


class _PodSpec(_Read):
    containers: tuple[_Container, ...]


class _PodStatus(_Read):
    phase: Literal["Pending", "Running", "Succeeded", "Failed", "Unknown"]


class _Pod(_Read):
    metadata: _Metadata
    spec: _PodSpec
    status: _PodStatus


def _read(model: type[M], value: Any, path: Path, findings: list[Finding]) -> M | None:
    try:
        manifest = value if type(value) is dict else plain(value)
        found, complaints = validated(model, manifest, path)
    except LabBuilderError as error:
        found, complaints = None, [replace(each, path=path) for each in error.findings]
    # Hints are for people who write input; nobody writes a cluster's objects.
    findings += [replace(complaint, hint="") for complaint in complaints]
    return found


def _notebook_ids(pod: _Pod, findings: list[Finding]) -> _SecurityContext | None:
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
    return _read(_SecurityContext, context, (*path, i, "securityContext"), findings)


def _amounts(cpu: float, memory: int) -> ResourceQuantity:
    return ResourceQuantity.model_construct(cpu=cpu, memory=memory)


def _size(config: LabConfig, resources: LabResources, described: str | None) -> LabSize:
    """Find the configured size; of several with these resources, the one that was described."""
    sizes = [known for known in config.sizes if known.resources == resources]
    named = [known for known in sizes if known.description == described]
    return (named or sizes)[0].size if sizes else LabSize.CUSTOM


for _model in (_EnvConfigMap, _Pod, _ResourceQuota, _SecurityContext, LabState):
    _model.model_rebuild()
