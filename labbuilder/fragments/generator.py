"""The Python that Jinja makes of a fragment: it spends the budget, and joins values as text."""

from __future__ import annotations

from collections.abc import Iterable

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame, operators

from labbuilder.fragments.budget import text_steps

__all__ = ["LOOPED", "Generator", "count_loops"]

LOOPED = "looped items"
"""The filter of what a loop goes through: not an identifier, so that no fragment can use it."""

# The methods have the names that Jinja gives them.
# ruff: noqa: N802


class Generator(CodeGenerator):
    """Generates the code of fragments, for the methods of their environment."""

    def blockvisit(self, nodes: Iterable[nodes.Node], frame: Frame) -> None:
        """Spend the steps of a body each time that it runs."""
        body = list(nodes)
        self.writeline(f"environment.spend({_steps(body)})")
        super().blockvisit(body, frame)

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        """Join values by our own function."""
        self.write("environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:
        """Weigh the first value of a comparison."""
        self.write("(")
        self._weighed(node.expr, frame)
        for operand in node.ops:
            self.visit(operand, frame)
        self.write(")")

    def visit_Operand(self, node: nodes.Operand, frame: Frame) -> None:
        """Weigh the other values of a comparison."""
        self.write(f" {operators[node.op]} ")
        self._weighed(node.expr, frame)

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        """Weigh what is copied in part."""
        if isinstance(node.arg, nodes.Slice):
            self._weighed(node.node, frame)
            self.write("[")
            self.visit(node.arg, frame)
            self.write("]")
        else:
            super().visit_Getitem(node, frame)

    def _weighed(self, node: nodes.Expr, frame: Frame) -> None:
        self.write("environment.weighed(")
        self.visit(node, frame)
        self.write(")")


def count_loops(tree: nodes.Template) -> None:
    """Make loops spend steps for all that they go through, also for what they leave out."""
    for loop in tree.find_all(nodes.For):
        loop.iter = nodes.Filter(loop.iter, LOOPED, [], [], None, None, lineno=loop.lineno)


def _steps(body: Iterable[nodes.Node]) -> int:
    """Count the steps of a body: its nodes and text, without those of the bodies within it."""
    steps = 0
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        steps += 1
        if isinstance(node, nodes.TemplateData):
            steps += text_steps(len(node.data))
        waiting += node.iter_child_nodes(exclude=("body", "else_"))
    return steps
