"""The Jinja of fragments: an immutable sandbox in which values never become text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, wraps
from typing import Any, NamedTuple

from jinja2 import FunctionLoader, StrictUndefined, Undefined, nodes, pass_context
from jinja2.exceptions import SecurityError, TemplateNotFound, TemplateSyntaxError
from jinja2.runtime import BlockReference, Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from labbuilder.fragments.budget import counted, spend, weigh
from labbuilder.fragments.generator import LOOPED, Generator, count_loops
from labbuilder.fragments.hole import refuse_holes
from labbuilder.fragments.limits import check_limits
from labbuilder.fragments.markers import has_marker, is_blank, mark_author, value_marker
from labbuilder.fragments.operations import (
    BOUNDED_FILTERS,
    is_number,
    looped,
    prepay_method,
    small,
)
from labbuilder.fragments.skeleton import as_text, plain

__all__ = ["VALUES", "FragmentEnvironment", "FragmentFile", "Sandbox", "defined", "refuse_text"]

VALUES = "lifted values"
"""The variable that holds a render's values: not an identifier, so that no fragment can use it."""

# They turn values into Markup, which counts as the fragment's own text, or make text of any
# length, or differ from run to run, or take long for long text.
_REMOVED_FILTERS = {
    "e", "escape", "forceescape", "safe", "tojson", "urlize", "xmlattr",
    "batch", "center", "format", "indent", "slice", "wordwrap",
    "pprint", "random", "striptags",
}  # fmt: skip
_STR_METHODS = {
    "endswith", "lower", "lstrip", "removeprefix", "removesuffix", "replace", "rsplit", "rstrip",
    "split", "startswith", "strip", "upper",
}  # fmt: skip
_REMOVED_GLOBALS = ("cycler", "joiner", "lipsum")
_MAX_POWER = 64
_SPECIAL = (
    nodes.AssignBlock, nodes.EvalContextModifier, nodes.FilterBlock, nodes.FromImport,
    nodes.Import, nodes.Include,
)  # fmt: skip


class Sandbox(ImmutableSandboxedEnvironment):
    """The sandbox of fragments and of a configuration's templates."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self, **options: Any) -> None:
        # The time that Jinja's optimizer takes grows with the cube of an expression's depth.
        super().__init__(undefined=StrictUndefined, auto_reload=False, optimized=False, **options)
        for name in _REMOVED_GLOBALS:
            del self.globals[name]

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Refuse a fragment's text, and operations with unbounded results."""
        if not (is_number(left) and is_number(right)):
            refuse_text((left, right))
            weigh((left, right))
            if operator in {"*", "**", "%"}:
                raise SecurityError(f"{operator} can be used only with numbers")
        if operator == "**" and max(abs(left), abs(right)) > _MAX_POWER:
            raise SecurityError("the power is too large")
        return small(super().call_binop(context, operator, left, right))


class FragmentFile(NamedTuple):
    """The text of a fragment, its name in complaints, and its number among authors."""

    text: str
    name: str
    author: int


class FragmentEnvironment(Sandbox):
    """The Jinja of fragments."""

    code_generator_class = Generator
    spend = staticmethod(spend)

    def __init__(self, files: Mapping[str, FragmentFile]) -> None:
        self._files = files
        super().__init__(
            loader=FunctionLoader(self._load),
            autoescape=True,
            finalize=_lift,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            cache_size=-1,
        )
        self.filters = {
            name: _refusing_text(function)
            for name, function in {**self.filters, **BOUNDED_FILTERS}.items()
            if name not in _REMOVED_FILTERS
        }
        self.filters[LOOPED] = looped
        self.tests = {name: _refusing_holes(function) for name, function in self.tests.items()}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        check_limits(tree, name, filename)
        count_loops(tree)
        for each in tree.find_all(_SPECIAL):
            if isinstance(each, nodes.Import | nodes.FromImport | nodes.Include):
                # Without it, values would be lifted into no render, or into an earlier one.
                each.with_context = True
            elif isinstance(each, nodes.EvalContextModifier):
                problem = "autoescape can't be changed"
                raise TemplateSyntaxError(problem, each.lineno, name, filename)
            elif not isinstance(each, nodes.AssignBlock) or each.filter:
                # Jinja treats what the filter returns as text, even a value.
                raise TemplateSyntaxError("blocks can't be filtered", each.lineno, name, filename)
        if name is not None and name in self._files:
            mark_author(tree, self._files[name].author)
        return tree

    def _load(self, name: str) -> tuple[str, str, None]:
        if name not in self._files:
            raise TemplateNotFound(name)
        text, file, _ = self._files[name]
        if has_marker(text):
            problem = "the characters U+E000 and U+E001 are not allowed"
            raise TemplateSyntaxError(problem, 1, name, file)
        return text, file, None

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Refuse the attributes of a fragment's text, numbers, and most methods of strings."""
        refuse_holes((obj,))
        if is_number(obj):
            return self.undefined(obj=obj, name=attribute)
        if isinstance(obj, str):
            refuse_text((obj,))
            if attribute not in _STR_METHODS:
                raise SecurityError(f"text has no attribute {attribute} here")
        elif attribute in getattr(obj, "__dataclass_fields__", ()):  # a fact: data, and safe
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def call(self, context: Context, function: Any, /, *arguments: Any, **options: Any) -> Any:
        """Refuse a fragment's text as an argument, except of macros, which print it."""
        if not isinstance(function, Macro):
            refuse_text((arguments, options))
            if function != self.globals["fragment"]:  # which may pass a hole on
                refuse_holes((*arguments, *options.values()))
        prepay_method(function, arguments)
        result = super().call(context, function, *arguments, **options)
        weigh(result, text=isinstance(result, Markup))
        if isinstance(function, BlockReference) and is_blank(result):
            return Markup()  # false, as without markers
        return result

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Refuse parts of a fragment's text, and allow ``x["y"]`` no more than ``x.y``."""
        refuse_holes((obj, argument))
        if isinstance(obj, str | int | float) and isinstance(argument, str):
            return self.getattr(obj, argument)
        result = super().getitem(obj, argument)
        _refuse_markup(obj)
        _refuse_markup(result)
        return result

    @staticmethod
    def weighed(value: Any) -> Any:
        """Return a value, for its steps."""
        weigh(value)
        return value

    def joined(self, parts: Iterable[Any]) -> str:
        """Join values by the operator ``~``."""
        parts = tuple(parts)
        refuse_text(parts)
        weigh(parts)
        return "".join(map(as_text, map(defined, parts)))


@pass_context
def _lift(context: Context, value: Any) -> Markup:
    weigh(value, text=isinstance(value, Markup))
    if isinstance(value, Markup):  # the fragment's own text: a block, a macro's or caller's output
        return value
    values: list[Any] = context.parent[VALUES]
    values.append(plain(defined(value)))
    return _marker(len(values) - 1)


@lru_cache(4096)
def _marker(index: int) -> Markup:
    return Markup(value_marker(index))  # noqa: S704 (a number)


def defined(value: Any) -> Any:
    """Return a value; raise Jinja's error if it is undefined."""
    if isinstance(value, Undefined):
        str(value)
    return value


def _refusing_text(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def refusing(*arguments: Any, **options: Any) -> Any:
        refuse_text((arguments, options))
        refuse_holes((*arguments, *options.values()))
        weigh((arguments, options))
        result = small(function(*arguments, **options))
        refuse_text((result,))  # which may come from a generator
        weigh(result)
        return counted(result) if isinstance(result, Iterator) else result

    return refusing


def _refusing_holes(function: Any) -> Callable[..., Any]:
    @wraps(function)
    def refusing(*arguments: Any) -> Any:
        refuse_holes(arguments)
        weigh(arguments)
        return function(*arguments)

    return refusing


def refuse_text(values: Any) -> None:
    """Refuse a fragment's text where a value is expected, also within lists and mappings."""
    weigh(range(len(values)))
    for value in values.values() if isinstance(values, dict) else values:
        if isinstance(value, str):
            _refuse_markup(value)
        elif isinstance(value, dict | list | tuple):
            refuse_text(value)


def _refuse_markup(value: Any) -> None:
    if isinstance(value, Markup):
        raise SecurityError("text of a fragment can only be printed, not used as a value")
