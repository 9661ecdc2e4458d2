"""Limits of what a template may hold, so that compiling it takes little time."""

from __future__ import annotations

from collections import Counter

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError

__all__ = ["check_limits"]

_MAX_FILTERS = 20  # of an expression
_MAX_DEPTH = 50  # levels of statements and expressions


def check_limits(tree: nodes.Template, name: str | None = None, file: str | None = None) -> None:
    """Raise TemplateSyntaxError if a template has too many filters or is nested too deeply."""
    filters: Counter[int] = Counter()  # by the whole expression that they are in
    waiting: list[tuple[nodes.Node, int, int]] = [(tree, 0, 0)]
    while waiting:
        node, depth, whole = waiting.pop()
        problem = ""
        if isinstance(node, nodes.Filter):
            filters[whole] += 1
            if filters[whole] > _MAX_FILTERS:
                problem = f"an expression must have at most {_MAX_FILTERS} filters"
        if depth > _MAX_DEPTH:
            problem = f"must be nested at most {_MAX_DEPTH} levels deep"
        if problem:
            raise TemplateSyntaxError(problem, node.lineno, name, file)
        for child in node.iter_child_nodes():
            is_whole = isinstance(node, nodes.Stmt) and isinstance(child, nodes.Expr)
            waiting.append((child, depth + 1, id(child) if is_whole else whole))
