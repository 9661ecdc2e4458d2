"""What a user asks for."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from labbuilder.models.base import ConfigMapKey, Model, Problem, Text, refuse, refused
from labbuilder.models.size import SIZE_SCHEMA, ConfigurableSize
from labbuilder.names import is_service_prefix

__all__ = ["FLAGS", "LabOptions", "LabSpecification"]

FLAGS = {"enable_debug": "DEBUG", "reset_user_env": "RESET_USER_ENV"}
"""The variable by which a lab, and who recreates its state, knows of each flag: it is ``TRUE``."""

_IMAGE_OPTIONS = ("image_list", "image_dropdown", "image_class", "image_tag")


def _one(value: Any) -> Any:
    """Take the value of a form's field, which JupyterHub posts as a list of one."""
    if isinstance(value, list | tuple):
        if len(value) > 1:
            refused("several-values", "takes one value, not a list of several", "choose one")
        value = value[0] if value else None
    return getattr(value, "value", value)


def _flag(value: Any) -> Any:
    value = _one(value)
    if isinstance(value, str):
        value = {"true": True, "false": False}.get(value.lower(), value)
    if not isinstance(value, bool | None):
        refused("wrong-type", "must be true or false", "write true or false")
    return bool(value)


def _form(*values: dict[str, Any]) -> WithJsonSchema:
    """Describe what `_one` takes: a value, nothing, or a list of either."""
    each = [*values, {"type": "null"}]
    several = {"type": "array", "items": {"anyOf": each}, "maxItems": 1}
    return WithJsonSchema({"anyOf": [*each, several]})


_WORD = {"type": "string", "pattern": "^(?:[tT][rR][uU][eE]|[fF][aA][lL][sS][eE])$"}

Choice = Annotated[Text | None, BeforeValidator(_one), _form({"type": "string"})]
Flag = Annotated[bool, BeforeValidator(_flag), _form({"type": "boolean"}, _WORD)]


class LabOptions(Model):
    """The choices that a user makes in the spawner's form.

    Attributes
    ----------
    image_list, image_dropdown, image_class, image_tag
        The image, in one of these ways; whoever calls labbuilder resolves it to an image.
    size
        The site's default size where it isn't given.
    enable_debug
        Whether the lab logs in detail.
    reset_user_env
        Whether the lab sets the user's own environment aside.
    """

    image_list: Choice = None
    image_dropdown: Choice = None
    image_class: Choice = None
    image_tag: Choice = None
    size: Annotated[ConfigurableSize | None, BeforeValidator(_one), _form(SIZE_SCHEMA)] = None
    enable_debug: Flag = False
    reset_user_env: Flag = False

    @model_validator(mode="after")
    def _one_image(self) -> LabOptions:
        given = [name for name in _IMAGE_OPTIONS if getattr(self, name)]
        # The form posts its drop-down even when the choice was made in the list.
        if given != ["image_list", "image_dropdown"] and len(given) > 1:
            refuse(
                [
                    Problem(
                        "several-images",
                        f"{', '.join(given)} all name an image",
                        "leave one of them",
                        (given[1],),
                    )
                ]
            )
        return self


def _env(value: dict[str, str]) -> dict[str, str]:
    name = "JUPYTERHUB_SERVICE_PREFIX"
    prefix = value.get(name)
    if prefix is None:
        refused("missing-field", f"{name} is missing", f"add {name}: /user/<username>/")
    if not is_service_prefix(prefix):
        refuse(
            [
                Problem(
                    "invalid-prefix", f"{name} is not a path", "write /user/<username>/", (name,)
                )
            ]
        )
    return value


class LabSpecification(Model):
    """A request for a lab.

    Attributes
    ----------
    env
        Environment variables from JupyterHub, ``JUPYTERHUB_SERVICE_PREFIX`` among them.
    options
        The user's choices.
    """

    env: Annotated[dict[ConfigMapKey, Text], AfterValidator(_env)]
    options: Annotated[LabOptions, Field(validate_default=True)] = LabOptions()

    @field_validator("options")
    @classmethod
    def _asked_in_env(cls, options: LabOptions, info: ValidationInfo) -> LabOptions:
        """Take a flag that the environment sets as it is set for labs that asked for it."""
        env = info.data.get("env", {})
        asked = {option: True for option, name in FLAGS.items() if env.get(name) == "TRUE"}
        return options.model_copy(update=asked) if asked else options
