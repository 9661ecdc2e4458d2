"""Templates of text, such as a configuration's annotations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from jinja2 import nodes
from jinja2.exceptions import TemplateError

from labbuilder.errors import Finding, LabBuilderError, Path, shown
from labbuilder.fragments.limits import check_limits
from labbuilder.fragments.sandbox import Sandbox

__all__ = ["compile_text"]

# A configuration's templates are short texts about two numbers: they need nothing that could take
# long or grow large (loops, calls, macros, most filters).
_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.CondExpr,
    nodes.If, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Add,
    nodes.Sub, nodes.Mul, nodes.FloorDiv, nodes.Div, nodes.Mod, nodes.Concat, nodes.Filter,
)  # fmt: skip
_MAX_LENGTH = 2_000
_FILTERS = ("abs", "default", "d", "float", "int", "lower", "string", "trim", "upper")


def compile_text(template: str, path: Path, names: Sequence[str]) -> Callable[..., str]:
    """Compile a Jinja template of expressions and conditions only, about variables of the names.

    The result renders the text, and takes the variables by name. Both raise `LabBuilderError` with
    the template's path: for a template that is not valid, and for one that can't be rendered.
    """

    def render(**variables: int) -> str:
        if pieces is not None:  # much faster than Jinja
            return "".join(str(variables[text]) if named else text for named, text in pieces)
        with _explained(path, names):
            text = compiled.render(variables)
            if _UNFIT.search(text):
                raise TemplateError("must not contain NUL or half a character")
            return text

    with _explained(path, names):
        if len(template) > _MAX_LENGTH:
            raise TemplateError(f"must be at most {_MAX_LENGTH:,} characters")
        tree = _TEXT.parse(template)
        check_limits(tree)
        for node in tree.find_all(nodes.Node):
            _check(node, names)
        compiled = _TEXT.from_string(tree)
        pieces = None if _UNFIT.search(template) else _pieces(tree)
    return render


def _pieces(tree: nodes.Template) -> list[tuple[bool, str]] | None:
    """List the texts and variables of a template that only prints them; None for any other."""
    found = []
    for node in tree.body:
        for printed in node.nodes if isinstance(node, nodes.Output) else [node]:
            if isinstance(printed, nodes.TemplateData):
                found.append((False, printed.data))
            elif isinstance(printed, nodes.Name):
                found.append((True, printed.name))
            else:
                return None
    return found


@contextmanager
def _explained(path: Path, names: Sequence[str]) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 (a template can make Jinja raise anything)
        message = str(error).partition("\n")[0] or type(error).__name__
        if isinstance(error, RecursionError):
            message = "is nested too deeply"
        hint = f"use the variables {' and '.join(names)}, for example {{{{ {names[0]} }}}}"
        raise LabBuilderError([Finding("template-error", message, path, hint)]) from None


def _check(node: nodes.Node, names: Sequence[str]) -> None:
    refused = ""
    if not isinstance(node, _NODES):
        refused = f"{type(node).__name__.lower()} is not allowed in this template"
    elif isinstance(node, nodes.Name) and node.name not in names:
        refused = f"{shown(node.name)} is undefined"
    elif isinstance(node, nodes.Filter) and node.name not in _FILTERS:
        refused = f"the filter {shown(node.name)} is not allowed in this template"
    if refused:
        raise TemplateError(refused)


_UNFIT = re.compile("[\0\ud800-\udfff]")
_TEXT = Sandbox(keep_trailing_newline=True)
