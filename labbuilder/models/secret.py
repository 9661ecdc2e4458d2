"""Secrets, in types that no message, log or repr shows."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from pydantic import AfterValidator, RootModel, SecretStr

from labbuilder.models.base import (
    AbsolutePath,
    ConfigMapKey,
    DnsSubdomain,
    EnvVarName,
    Model,
    NotBlank,
    Word,
    refused,
)
from labbuilder.models.reserved import TOKEN_KEY

__all__ = ["LabSecret", "PullSecret", "SecretData"]


def _base64(value: SecretStr) -> SecretStr:
    try:
        base64.b64decode(value.get_secret_value(), validate=True)
    except (binascii.Error, ValueError):
        refused("invalid-base64", "is not valid base64", "encode the value without line breaks")
    return value


def _with_token(value: dict[str, SecretStr]) -> dict[str, SecretStr]:
    if TOKEN_KEY not in value:
        message = f"the secret {TOKEN_KEY} is missing"
        refused("missing-field", message, f"add {TOKEN_KEY} with the user's access token")
    return value


class LabSecret(Model):
    """A secret that is given to each lab."""

    secret_name: DnsSubdomain
    """Name of the Secret in the controller's namespace that holds it."""
    secret_key: ConfigMapKey
    """Its key in that Secret and in the lab's own; each key once, and not `token`."""
    env: Annotated[EnvVarName | None, NotBlank] = None
    """Environment variable that holds it, if it is given as one."""
    path: Annotated[AbsolutePath | None, NotBlank] = None
    """Absolute path of a file that holds it, in addition to the one in `runtimeMountsDir`."""


Data = dict[ConfigMapKey, Annotated[SecretStr, AfterValidator(_base64)]]


class SecretData(RootModel[Annotated[Data, AfterValidator(_with_token)]]):
    """The lab's secrets: base64 text by key, as a Kubernetes Secret holds them."""

    model_config = {"frozen": True, "defer_build": True, "hide_input_in_errors": True}


class PullSecret(Model):
    """The Secret that holds the credentials for pulling images."""

    data: Data
    """Base64 text by key."""
    type: Word = "kubernetes.io/dockerconfigjson"
    """Type of the Secret."""
