"""Renders a fragment with variables to an object."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass
from functools import partial
from traceback import walk_tb
from typing import Any

from jinja2 import pass_context
from jinja2.exceptions import TemplateNotFound, TemplateSyntaxError
from jinja2.runtime import Context

from labbuilder.cache import BoundedCache
from labbuilder.errors import Finding, LabBuilderError, Source
from labbuilder.fragments.budget import budget, spend
from labbuilder.fragments.markers import OURS
from labbuilder.fragments.sandbox import (
    VALUES,
    FragmentEnvironment,
    FragmentFile,
    defined,
    refuse_text,
)
from labbuilder.fragments.skeleton import Fill, FillError, compile_skeleton, plain

__all__ = ["Fragments"]

_SHIPPED = "labbuilder/"
_MAX_DEPTH = 20
_MAX_CACHED_SKELETONS = 1024
_MAX_CACHED_CHARACTERS = 4 * 1024**2
_STEPS_PER_RENDER = 100  # and one for each character, which is parsed

# Not identifiers, so that no fragment can use them.
_VARIABLES = "render variables"
_DEPTH = "depth"

_QUOTED = re.compile(r"'([^']*?)( object)?'")


class Fragments:
    """The fragments that labbuilder ships, and a site's own, which take precedence, by file name.

    A site's fragment replaces ours of the same name; to extend ours instead, it starts with
    ``{% extends "labbuilder/<name>" %}``. The folder is that of the site's, for findings.

    If a site's fragment and ours set the same key of one mapping, the site's value is used,
    whether it comes before or after ``super()``; null removes the key. Likewise, a site's fragment
    takes precedence over those that it extends. A key that is duplicated within one fragment, or
    what it includes of the site's, is an error.

    The constructor raises `LabBuilderError` if a site's fragment is not a valid Jinja template.
    """

    def __init__(
        self, shipped: Mapping[str, str], own: Mapping[str, str] | None = None, folder: str = ""
    ) -> None:
        own = own or {}
        self._files = dict[str, FragmentFile]()
        for name, text in shipped.items():
            file = FragmentFile(text, _SHIPPED + name, OURS)
            self._files |= {name: file, _SHIPPED + name: file}
        for number, (name, text) in enumerate(own.items(), OURS + 1):
            self._files[name] = FragmentFile(text, f"{folder}/{name}" if folder else name, number)
        self._environment = FragmentEnvironment(self._files)
        self._environment.globals["fragment"] = self._nested
        self._skeletons: BoundedCache[tuple[str, str], Fill] = BoundedCache(
            _MAX_CACHED_SKELETONS, _MAX_CACHED_CHARACTERS, lambda key: len(key[0])
        )
        for name in own:
            self._guarded(name, partial(self._environment.get_template, name))

    def render(self, name: str, variables: Mapping[str, Any]) -> Any:
        """Render the fragment of a name, which is that of its file without the extension.

        It returns plain dicts, lists and scalars that share nothing mutable with the variables. It
        raises `LabBuilderError`, with the fragment's file and line, if the fragment doesn't exist,
        uses an undefined name, or prints a value where it isn't allowed.
        """
        file = f"{name}.yaml"
        with budget():
            return self._guarded(file, lambda: self._render(file, variables, 1))

    def _render(self, file: str, variables: Mapping[str, Any], depth: int) -> Any:
        values: list[Any] = []
        template = self._environment.get_template(file)
        text = template.render({**variables, VALUES: values, _VARIABLES: variables, _DEPTH: depth})
        spend(_STEPS_PER_RENDER + len(text))
        key = text, self._files[file].name
        fill = self._skeletons.get(key)
        if fill is None:
            fill = self._skeletons[key] = compile_skeleton(*key)
        return fill(values)

    @pass_context
    def _nested(self, context: Context, name: str, /, **variables: Any) -> Any:
        _refuse_all_but_data(variables.values())
        depth = context.parent[_DEPTH] + 1
        if depth > _MAX_DEPTH:
            raise FillError(f"fragments are nested more than {_MAX_DEPTH} levels deep")
        variables = {**context.parent[_VARIABLES], **variables}
        file = f"{name}.yaml"
        return self._guarded(file, lambda: self._render(file, variables, depth))

    def _guarded(self, file: str, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except LabBuilderError:
            raise
        except Exception as error:  # noqa: BLE001 (a fragment can make Jinja raise anything)
            raise self._explained(error, file) from None

    def _explained(self, error: Exception, file: str) -> LabBuilderError:
        """Explain an error with the fragment's file and line."""
        texts = {each.name: each.text for each in self._files.values()}
        name, line = self._files[file].name if file in self._files else file, 0
        if isinstance(error, TemplateSyntaxError):
            name, line = error.filename or name, error.lineno
        else:
            for frame, frame_line in walk_tb(error.__traceback__):
                if frame.f_code.co_filename in texts:
                    name, line = frame.f_code.co_filename, frame_line
        message = str(error).partition("\n")[0] or type(error).__name__
        if isinstance(error, RecursionError):
            message = "is nested too deeply"
        if isinstance(error, TemplateNotFound):
            message = f"fragment '{error}' not found"
        if not isinstance(error, TemplateSyntaxError):
            # Quoted text that isn't in the fragment is a value, and may be a secret's.
            text = texts.get(name, "")
            message = _QUOTED.sub(lambda m: m[0] if m[1] in text or m[2] else "'...'", message)
        if not line:
            message = f"{name}: {message}"
        source = Source(name, line, 1) if line else None
        finding = Finding("template-error", message, hint="fix the fragment", source=source)
        return LabBuilderError([finding])


def _refuse_all_but_data(values: Iterable[Any]) -> None:
    """Refuse text and what may print it: its markers would refer to another render's values."""
    refuse_text(tuple(values))
    for value in values:
        if isinstance(value, dict):
            _refuse_all_but_data(value.values())
        elif isinstance(value, list | tuple):
            _refuse_all_but_data(value)
        elif value is not None and not is_dataclass(defined(value)):
            plain(value)
