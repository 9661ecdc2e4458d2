"""The fragments and their variables, read from the fragments and the facts of a lab."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints
from unittest.mock import MagicMock

from tables import table

from labbuilder.data import TEMPLATES
from labbuilder.lab.catalog import CATALOG
from labbuilder.lab.facts import Facts

HIDDEN = {"secrets"}  # no fragment gets them, but the Secrets' gets each of them


def variables() -> str:
    """List the variables of every fragment, and the classes that they are of."""
    sections = [class_table(Facts, "variable")]
    seen = [Facts]
    for each in seen:  # which grows meanwhile
        for hint in (hint for name, hint in get_type_hints(each).items() if name not in HIDDEN):
            for inner in (hint, *get_args(hint)):
                if is_dataclass(inner) and inner not in seen:
                    seen.append(inner)  # type: ignore[arg-type] # a class
                    sections.append(f"#### {inner.__name__}\n\n{class_table(inner, 'attribute')}")  # type: ignore[union-attr] # a class
    return "\n\n".join(sections)


def class_table(kind: Any, head: str) -> str:
    hints = get_type_hints(kind)
    meanings = described(kind)
    return table(
        f"{head}|type|meaning",
        (
            [f"`{each.name}`", type_name(hints[each.name]), meanings[each.name]]
            for each in fields(kind)
            if each.name not in HIDDEN
        ),
    )


def described(kind: type) -> dict[str, str]:
    """Read what a class says of its attributes, below each or in a section of its docstring."""
    (tree,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(tree, ast.ClassDef)
    found: dict[str, str] = {}
    section = (inspect.getdoc(kind) or "").partition("Attributes\n----------\n")[2]
    for names, text in re.findall(r"^(\w[\w, ]*)\n((?:    .*\n?|\n)+)", section, re.MULTILINE):
        found |= dict.fromkeys(names.split(", "), text)
    for field, below in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr):
            assert isinstance(field.target, ast.Name)
            assert isinstance(below.value, ast.Constant)
            found[field.target.id] = str(below.value.value)
    return found


def type_name(hint: Any) -> str:
    """Write a type as people read it."""
    if hint is None or hint is type(None):
        return "none"
    if hint is Any:
        return "any"
    arguments = [type_name(each) for each in get_args(hint) if each is not ...]
    if not arguments:
        linked = f"[{hint.__name__}](#{hint.__name__.lower()})"
        return linked if is_dataclass(hint) else NAMES.get(hint, hint.__name__)
    origin = getattr(hint, "__origin__", None)
    if origin is dict:
        return f"mapping of {arguments[0]} to {arguments[1]}"
    return f"list of {arguments[0]}" if origin in {list, tuple} else " or ".join(arguments)


NAMES = {str: "string", int: "integer", bool: "boolean"}


def fragments() -> str:
    """List the fragments, what they make, and their variables besides those of every fragment."""
    files = {name.removesuffix(".yaml"): text for name, text in TEMPLATES.items()}
    passed: dict[str, dict[str, None]] = {name: {} for name in files}
    for text in files.values():
        for name, given in re.findall(r'fragment\("([\w-]+)", (.*?)\) }}', text):
            passed[name] |= dict.fromkeys(re.findall(r"(\w+)=", given))
    facts = MagicMock()
    facts.secrets = facts.claims = [MagicMock()]
    for entry in CATALOG:
        for each in entry.each(facts):
            passed[entry.fragment] |= dict.fromkeys(each)
    whole = dict.fromkeys(entry.fragment for entry in CATALOG)
    order = [*whole, *sorted(files.keys() - whole.keys())]
    return table(
        "fragment|makes|blocks|variables of its own",
        (
            [
                f"[`{name}.yaml`]({name}.yaml)",
                kind(files[name]),
                ", ".join(f"`{block}`" for block in re.findall(r"{% block (\w+) %}", files[name]))
                or "none",
                ", ".join(f"`{each}`" for each in passed[name]) or "none",
            ]
            for name in order
        ),
    )


def kind(text: str) -> str:
    found = re.search(r"^kind: (\w+)", text, re.MULTILINE)
    return f"the {found[1]}" if found else "a part of other objects"
