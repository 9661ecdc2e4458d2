"""What is read of a lab's objects in a cluster, whatever built them; anything else is ignored."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, Json
from pydantic.alias_generators import to_camel

from labbuilder.models.base import Text, refused
from labbuilder.models.state import UserGroup
from labbuilder.models.user import Id
from labbuilder.names import (
    USER_GROUPS_ANNOTATION,
    USER_NAME_ANNOTATION,
    is_service_prefix,
)
from labbuilder.quantity import MAX_BYTES, parse_quantity

__all__ = ["EnvConfigMap", "Object", "Pod", "ResourceQuota", "SecurityContext"]


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
    """Base of the models."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="ignore", frozen=True, hide_input_in_errors=True
    )


class Object(_Read):
    """What tells whose an object is, unread: it is only compared.

    Items of a client's list have no version and kind of their own.
    """

    api_version: Any = None
    kind: Any = None
    identity: Any = Field(None, validation_alias=AliasPath("metadata"))


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


class EnvConfigMap(Object):
    """The ConfigMap with the lab's environment."""

    data: _Env


class _Hard(_Read):
    cpu: Cores = Field(alias="limits.cpu")
    memory: Bytes = Field(alias="limits.memory")


class _QuotaSpec(_Read):
    hard: _Hard


class ResourceQuota(Object):
    """The user's quota."""

    spec: _QuotaSpec


class _Annotations(_Read):
    user_groups: Json[tuple[UserGroup, ...]] = Field((), alias=USER_GROUPS_ANNOTATION)
    user_name: Text | None = Field(None, alias=USER_NAME_ANNOTATION)


class _PodMetadata(_Read):
    annotations: _Annotations | None = None
    deletion_timestamp: Any = None


class SecurityContext(_Read):
    """The ids that a container runs as."""

    run_as_user: Id
    run_as_group: Id


class _Container(_Read):
    name: str
    security_context: Any = None


class _PodSpec(_Read):
    containers: tuple[_Container, ...]


class _PodStatus(_Read):
    phase: Literal["Pending", "Running", "Succeeded", "Failed", "Unknown"]


class Pod(Object):
    """The lab's pod."""

    metadata: _PodMetadata
    spec: _PodSpec
    status: _PodStatus


for _model in (EnvConfigMap, Pod, ResourceQuota, SecurityContext):
    _model.model_rebuild()
