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

from labbuilder.models.base import ConfigMapKey, Model, Text, refused
from labbuilder.models.size import SIZE_SCHEMA, ConfigurableSize
from labbuilder.names import SERVICE_PREFIX_ENV, is_service_prefix

__all__ = ["FLAGS", "LabOptions", "LabSpecification"]

FLAGS = {"enable_debug": "DEBUG", "reset_user_env": "RESET_USER_ENV"}
"""The variable that is ``TRUE`` in a lab if the option is set."""

_IMAGE_OPTIONS = ("image_list", "image_dropdown", "image_class", "image_tag")


def _one(value: Any) -> Any:
    """Return the value of a form's field, which JupyterHub posts as a list of one."""
    if isinstance(value, list | tuple):
        if len(value) > 1:
            refused("several-values", "must be one value, not a list of several", "choose one")
        value = value[0] if value else None
    return getattr(value, "value", value)


def _flag(value: Any) -> Any:
    value = _one(value)
    if isinstance(value, str):
        value = {"true": True, "false": False}.get(value.lower(), value)
    if not isinstance(value, bool | None):
        refused("wrong-type", "must be true or false", "write true or false without quotes")
    return bool(value)


def _form(*values: dict[str, Any]) -> WithJsonSchema:
    """Describe what `_one` accepts: a value, null, or a list of at most one of either."""
    each = [*values, {"type": "null"}]
    several = {"type": "array", "items": {"anyOf": each}, "maxItems": 1}
    return WithJsonSchema({"anyOf": [*each, several]})


_WORD = {"type": "string", "pattern": "^(?:[tT][rR][uU][eE]|[fF][aA][lL][sS][eE])$"}

Choice = Annotated[Text | None, BeforeValidator(_one), _form({"type": "string"})]
Flag = Annotated[bool, BeforeValidator(_flag), _form({"type": "boolean"}, _WORD)]


class LabOptions(Model):
    """The choices that a user makes in the spawner's form."""

    image_list: Choice = None
    """Image that was chosen from the form's list; the caller resolves it."""
    image_dropdown: Choice = None
    """Image that was chosen from the form's drop-down menu; the caller resolves it."""
    image_class: Choice = None
    """Class of the image, such as `recommended`; the caller resolves it."""
    image_tag: Choice = None
    """Tag of the image; the caller resolves it."""
    size: Annotated[ConfigurableSize | None, BeforeValidator(_one), _form(SIZE_SCHEMA)] = None
    """Size of the lab; the site's default size by default."""
    enable_debug: Flag = False
    """Whether the lab logs debugging messages."""
    reset_user_env: Flag = False
    """Whether the lab moves the user's own environment aside when it starts."""

    @model_validator(mode="after")
    def _one_image(self) -> LabOptions:
        given = [name for name in _IMAGE_OPTIONS if getattr(self, name)]
        # The form posts its drop-down menu even if the choice was made in the list.
        if given != ["image_list", "image_dropdown"] and len(given) > 1:
            message = f"{', '.join(given)} each select an image"
            refused("several-images", message, "use only one of them", (given[1],))
        return self


def _env(value: dict[str, str]) -> dict[str, str]:
    prefix = value.get(SERVICE_PREFIX_ENV)
    if prefix is None:
        hint = f"add {SERVICE_PREFIX_ENV}: /user/USERNAME/"
        refused("missing-field", f"{SERVICE_PREFIX_ENV} is missing", hint)
    if not is_service_prefix(prefix):
        message, hint = "must be an absolute URL path", "use /user/USERNAME/"
        refused("invalid-prefix", message, hint, (SERVICE_PREFIX_ENV,))
    return value


class LabSpecification(Model):
    """A request for a lab."""

    env: Annotated[dict[ConfigMapKey, Text], AfterValidator(_env), Field(repr=False)]
    """Environment variables from JupyterHub, among them `JUPYTERHUB_SERVICE_PREFIX`. If an init
    container is privileged, none that makes programs run something, such as `LD_PRELOAD`."""
    options: Annotated[LabOptions, Field(validate_default=True)] = LabOptions()
    """The user's choices."""

    @field_validator("options")
    @classmethod
    def _asked_in_env(cls, options: LabOptions, info: ValidationInfo) -> LabOptions:
        """Set the options whose variables the environment sets."""
        env = info.data.get("env", {})
        asked = {option: True for option, name in FLAGS.items() if env.get(name) == "TRUE"}
        return options.model_copy(update=asked) if asked else options
