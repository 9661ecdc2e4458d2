"""Secrets, held so that no message, log or repr shows one."""

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

__all__ = ["LabSecret", "PullSecret", "SecretData"]


def _base64(value: SecretStr) -> SecretStr:
    try:
        base64.b64decode(value.get_secret_value(), validate=True)
    except (binascii.Error, ValueError):
        refused("invalid-base64", "is not base64 text", "encode the value, without line breaks")
    return value


def _with_token(value: dict[str, SecretStr]) -> dict[str, SecretStr]:
    if "token" not in value:
        refused(
            "missing-field", "there is no secret named token", "add token, the user's access token"
        )
    return value


class LabSecret(Model):
    """A secret that labs get.

    Attributes
    ----------
    secret_name, secret_key
        The Secret beside the controller that has it, and its key in that and in the lab's.
    env
        The environment variable that carries it, if one does.
    path
        The file that carries it besides the one under ``runtimeMountsDir``, if one does.
    """

    secret_name: DnsSubdomain
    secret_key: ConfigMapKey
    env: Annotated[EnvVarName | None, NotBlank] = None
    path: Annotated[AbsolutePath | None, NotBlank] = None


Data = dict[ConfigMapKey, Annotated[SecretStr, AfterValidator(_base64)]]


class SecretData(RootModel[Annotated[Data, AfterValidator(_with_token)]]):
    """The lab's secrets: base64 text by key, as a Kubernetes Secret holds them."""

    model_config = {"frozen": True, "defer_build": True, "hide_input_in_errors": True}


class PullSecret(Model):
    """The data and type of the Secret with which images are pulled.

    Attributes
    ----------
    data
        Base64 text by key.
    type
        The Secret's type.
    """

    data: Data
    type: Word = "kubernetes.io/dockerconfigjson"
