"""The docstrings of the models' fields, for JSON Schema and references.

They are read from the source when they are asked for. Pydantic's ``use_attribute_docstrings``
reads them at each import, which takes a tenth of a command's start.
"""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise

from labbuilder.models.base import Model

__all__ = ["describe_fields"]


def describe_fields(model: type[Model]) -> dict[str, str]:
    """Return the docstrings below a model's fields as one line each, if the source is there."""
    try:
        source = inspect.getsource(model)
    except OSError:
        return {}
    (definition,) = ast.parse(source).body
    assert isinstance(definition, ast.ClassDef)  # noqa: S101 (for mypy: it is the model)
    found = {}
    for field, docstring in pairwise(definition.body):
        match field, docstring:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = " ".join(text.split())
    return found
