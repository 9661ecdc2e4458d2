"""What raises keeps no values: no secret in a traceback's locals or in a chain of exceptions."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from traceback import clear_frames
from typing import Any, ParamSpec, TypeVar

from labbuilder.errors import LabBuilderError

__all__ = ["sealed", "sealed_async"]

P = ParamSpec("P")
R = TypeVar("R")


def sealed(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function raise without values: what a debugger's or a logger's traceback shows.

    The frames stay, with their files and lines, but lose their local variables; a
    `LabBuilderError` also loses the exceptions that it was raised from, whose words may be
    anything.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            del args, kwargs
            _seal(error)
            raise

    return call


def sealed_async(
    function: Callable[P, Coroutine[Any, Any, R]],
) -> Callable[P, Coroutine[Any, Any, R]]:
    """Do for a coroutine function what `sealed` does."""

    @wraps(function)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await function(*args, **kwargs)
        except Exception as error:
            del args, kwargs
            _seal(error)
            raise

    return call


def _seal(error: BaseException) -> None:
    """Clear the local variables of the frames that an exception and its causes left."""
    if isinstance(error, LabBuilderError):
        error.__cause__ = error.__context__ = None
    found: BaseException | None = error
    seen = set[int]()
    while found and id(found) not in seen:
        seen.add(id(found))
        clear_frames(found.__traceback__)
        found = found.__cause__ or found.__context__
