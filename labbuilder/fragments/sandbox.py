"""The Jinja of fragments: an immutable sandbox in which values never become text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, wraps
from typing import Any, NamedTuple

from jinja2 import FunctionLoader, StrictUndefined, Undefined, nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError, TemplateNotFound, TemplateSyntaxError
from jinja2.runtime import BlockReference, Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from labbuilder.fragments.hole import refuse_holes
from labbuilder.fragments.markers import has_marker, is_blank, mark_author, value_marker
from labbuilder.fragments.skeleton import as_text, plain

__all__ = ["VALUES", "FragmentEnvironment", "FragmentFile", "Sandbox", "defined", "refuse_text"]

VALUES = "lifted values"
"""The variable that holds a render's values: not an identifier, so that no fragment can use it."""

# They turn values into Markup, which counts as the fragment's own text, or make text of any
# length, or differ from run to run.
_REMOVED_FILTERS = {
    "e", "escape", "forceescape", "safe", "tojson", "urlize", "xmlattr",
    "batch", "center", "format", "indent", "slice", "wordwrap",
    "pprint", "random",
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


class _Generator(CodeGenerator):
    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 (Jinja's name)
        self.write("environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class Sandbox(ImmutableSandboxedEnvironment):
    """The sandbox of fragments and of a configuration's templates."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self, **options: Any) -> None:
        super().__init__(undefined=StrictUndefined, auto_reload=False, **options)
        for name in _REMOVED_GLOBALS:
            del self.globals[name]

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Refuse a fragment's text, and operations with unbounded results."""
        refuse_text((left, right))
        if operator in {"*", "**", "%"} and not (_is_number(left) and _is_number(right)):
            raise SecurityError(f"{operator} can be used only with numbers")
        if operator == "**" and max(abs(left), abs(right)) > _MAX_POWER:
            raise SecurityError("the power is too large")
        return super().call_binop(context, operator, left, right)


class FragmentFile(NamedTuple):
    """The text of a fragment, its name in complaints, and its number among authors."""

    text: str
    name: str
    author: int


class FragmentEnvironment(Sandbox):
    """The Jinja of fragments."""

    code_generator_class = _Generator

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
            for name, function in self.filters.items()
            if name not in _REMOVED_FILTERS
        }
        self.tests = {name: _refusing_holes(function) for name, function in self.tests.items()}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
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
        """Refuse the attributes of a fragment's text, and most methods of strings."""
        refuse_holes((obj,))
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
        result = super().call(context, function, *arguments, **options)
        if isinstance(function, BlockReference) and is_blank(result):
            return Markup()  # false, as without markers
        return result

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Refuse parts of a fragment's text, and allow ``x["y"]`` no more than ``x.y``."""
        refuse_text((obj,))
        refuse_holes((obj, argument))
        if isinstance(obj, str) and isinstance(argument, str):
            return self.getattr(obj, argument)
        return super().getitem(obj, argument)

    def joined(self, parts: Iterable[Any]) -> str:
        """Join values by the operator ``~``."""
        parts = tuple(parts)
        refuse_text(parts)
        return "".join(map(as_text, map(defined, parts)))


@pass_context
def _lift(context: Context, value: Any) -> Markup:
    if isinstance(value, Markup):  # the fragment's own text: a block, a macro's or caller's output
        return value
    values: list[Any] = context.parent[VALUES]
    values.append(plain(defined(value)))
    return _marker(len(values) - 1)


@cache
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
        result = function(*arguments, **options)
        refuse_text((result,))  # which may come from a generator
        return result

    return refusing


def _refusing_holes(function: Any) -> Callable[..., Any]:
    @wraps(function)
    def refusing(*arguments: Any) -> Any:
        refuse_holes(arguments)
        return function(*arguments)

    return refusing


def refuse_text(values: Any) -> None:
    """Refuse a fragment's text where a value is expected, also within lists and mappings."""
    items = values.values() if isinstance(values, dict) else values
    for value in items:
        if isinstance(value, Markup):
            raise SecurityError("text of a fragment can only be printed, not used as a value")
        if isinstance(value, dict | list | tuple):
            refuse_text(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)
