"""What a fragment or an expression may do is bounded, in steps that are the same everywhere."""

from __future__ import annotations

from typing import Any

import pytest
from labs import ARGUMENTS, arguments

from labbuilder import LabBuilderError, LabCompiler
from labbuilder.fragments import Fragments, compile_text
from labbuilder.fragments import text as texts
from labbuilder.fragments.budget import MAX_STEPS, budget, spend

TREES = (
    "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}"
    "{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}"
)


def render(text: str, **variables: Any) -> Any:
    own = {"own.yaml": text, "leaf.yaml": "a: {{ x }}", "fan.yaml": FAN}
    return Fragments({}, own).render("own", variables)


def message(text: str, **variables: Any) -> str:
    with pytest.raises(LabBuilderError) as caught:
        render(text, **variables)
    (finding,) = caught.value.findings
    assert finding.code == "template-error"
    return finding.message


FAN = (
    "{% if n < 15 %}- {{ fragment('fan', n=n+1) }}\n- {{ fragment('fan', n=n+1) }}"
    "{% else %}- 1{% endif %}"
)


def doubled(expression: str, start: str = '"ab"') -> str:
    loop = f"{{% for i in range(60) %}}{{% set ns.x = {expression} %}}{{% endfor %}}"
    return f"{{% set ns = namespace(x={start}) %}}{loop}a: {{{{ ns.x }}}}"


# fmt: off
ENDLESS = {
    "loops within loops": "{% for i in range(100000) %}{% for j in range(100000) %}"
        "{% endfor %}{% endfor %}",
    "loops that leave everything out": "{% for i in range(100000) %}"
        "{% for j in range(100000) if false %}{% endfor %}{% endfor %}a: 1",
    "text in a loop": "{% for i in range(100000) %}" + "x" * 10_000 + "{% endfor %}",
    "values in loops": "{% for i in range(100000) %}k{{ i }}: {{ i }}\n{% endfor %}",
    "text joined to itself": doubled("ns.x ~ ns.x"),
    "text added to itself": doubled("ns.x + ns.x"),
    "a list added to itself": doubled("ns.x + ns.x", "[1]"),
    "a tree, printed": TREES + "a: {{ ns.x }}",
    "a tree, compared": TREES + "{% if ns.x == ns.y %}{% endif %}a: 1",
    "a tree, looked for": TREES + "{% if ns.x in [ns.y] %}{% endif %}a: 1",
    "a tree, tested": TREES + "{% if ns.x is eq(ns.y) %}{% endif %}a: 1",
    "a tree as text": TREES + "a: {{ ns.x|string }}",
    "a tree for a macro": "{% macro m(x) %}{{ x }}{% endmacro %}" + TREES + "a: {{ m(ns.x) }}",
    "a tree for a fragment": TREES + "a: {{ fragment('leaf', x=ns.x) }}",
    "a tree of mappings": doubled("dict(a=ns.x, b=ns.x)", "{}"),
    "a block within blocks": "{% set x %}aaaaaaaaaaaaaaaaaaaaaaaa{% endset %}"
        + "{% set x %}{{ x }}{{ x }}{% endset %}" * 40 + "a: {{ x }}",
    "a block with a list, many times": "{% set b %}{{ range(100000)|list }}{% endset %}"
        "{% for i in range(5000) %}- {{ b }}\n{% endfor %}",
    "a macro that calls itself twice": "{% macro m(n) %}{% if n < 60 %}{{ m(n+1) }}{{ m(n+1) }}"
        "{% endif %}{% endmacro %}{{ m(0) }}",
    "fragments that render two each": "{{ fragment('fan', n=0) }}",
    "fragments in a loop":
        "{% for i in range(50000) %}- {{ fragment('leaf', x=1) }}\n{% endfor %}",
    "the filter replace": doubled('ns.x|replace("a", ns.x)', '"aaaaaaaa"'),
    "the method replace": doubled('ns.x.replace("a", ns.x)', '"aaaaaaaa"'),
    "replace of nothing": doubled('ns.x.replace("", ns.x)', '"aaaaaaaa"'),
    "replace of each": doubled('[ns.x]|map("replace", "a", ns.x)|first', '"aaaaaaaa"'),
    "join with much": doubled("range(100000)|join(ns.x)"),
    "join of text with itself": doubled("ns.x|join(ns.x)"),
    "lists in a loop": "{% for i in range(100000) %}{% set x = range(100000)|list %}{% endfor %}",
    "look-ups in a list": "{% set l = range(100000)|list %}"
        "a: {{ l|select('in', l)|list|length }}",
    "slices": "{% set l = range(100000)|list %}{% for i in range(100000) %}"
        "{% set x = l[1:] %}{% endfor %}",
    "a method of a list": "{% set l = range(100000)|list %}{% set f = l.count %}"
        "{% for i in range(100000) %}{% set x = f(5) %}{% endfor %}",
    "filters one after the other": "a: {{ range(100000)|map('string')|map('upper')|map('list')"
        "|map('length')|sum }}",
}
TOO_LARGE = {
    "a number that grows": doubled("ns.x * ns.x", "2"),
    "a number that is added": "{% set ns = namespace(x=64) %}{% for i in range(10000) %}"
        "{% set ns.x = ns.x + ns.x %}{% endfor %}a: {{ ns.x }}",
    "powers": doubled("ns.x ** 64", "64"),
    "digits": "a: {{ ('9' ~ '9'|replace('9', '%s'))|int(base=16) }}" % ("9" * 4000),
    "digits to round to": "a: {{ 2.5|round(1000000000) }}",
    "zeros to round to": "a: {{ 2|round(-1000000000) }}",
}
# fmt: on


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_a_render_has_a_budget(text: str) -> None:
    assert "takes more than 500,000 steps" in message(text)


@pytest.mark.parametrize("text", TOO_LARGE.values(), ids=TOO_LARGE)
def test_numbers_are_bounded(text: str) -> None:
    assert message(text).endswith("is too large")


@pytest.mark.parametrize(
    "way",
    [
        "(5).to_bytes(1000000000, 'big')|length", "5['to_bytes'](1000000000, 'big')|length",
        "(5|attr('to_bytes'))(1000000000, 'big')|length", "uid.bit_length()", "uid.real",
        "(5.5).hex()", "true.real", "uid.numerator", "[uid]|map(attribute='real')|first",
    ],
)  # fmt: skip
def test_numbers_have_no_methods(way: str) -> None:
    assert "has no attribute" in message(f"a: {{{{ {way} }}}}", uid=4242)


def test_lists_are_not_summed() -> None:
    assert message("a: {{ [[1]]|sum(start=[]) }}") == "sum can be used only with numbers"
    assert render("a: {{ [1, 2]|sum }}") == {"a": 3}


def test_recursion_is_said_to_be_too_deep() -> None:
    assert message("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}") == "is nested too deeply"
    assert message("a: {{ " + "[" * 400 + "]" * 400 + " }}") == "own.yaml: is nested too deeply"


def test_a_large_lab_fits_into_the_budget() -> None:
    env = {f"VARIABLE_{i}": "x" * 1000 for i in range(2000)}
    text = (
        "env:\n{% for name in env %}- name: {{ name }}\n  value: {{ env[name]|lower }}\n"
        "{% endfor %}data: {{ env }}\n"
    )
    found = render(text, env=env)
    assert len(found["env"]) == 2000
    assert found["data"] == env


def test_text_that_is_only_printed_costs_nothing() -> None:
    text = "x" * 20 * MAX_STEPS
    assert render("a: {{ x }}\nb: {{ fragment('leaf', x=x) }}", x=text)["b"]["a"] is text


def test_each_manifest_has_a_budget_of_its_own() -> None:
    own = {"own.yaml": "{% for i in range(60000) %}{% endfor %}a: 1"}
    fragments = Fragments({}, own)
    for _ in range(20):
        assert fragments.render("own", {}) == {"a": 1}


def test_a_budget_ends_with_its_render() -> None:
    with budget():
        spend(MAX_STEPS)
    spend(MAX_STEPS)
    with budget():
        spend(MAX_STEPS)


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("uid" + "|d" * 21, "an expression must have at most 20 filters"),
        ("[uid" + "|d" * 10 + ", uid" + "|d" * 11 + "]", "at most 20 filters"),
        ("1" + "+uid" * 60, "must be nested at most 50 levels deep"),
        ("-" * 60 + "uid", "must be nested at most 50 levels deep"),
        ("(" * 500 + "uid" + ")" * 500, "is nested too deeply"),
    ],
)
def test_an_expression_is_bounded(expression: str, problem: str) -> None:
    text = f"{{{{ {expression} }}}}"
    assert problem in message(f"a: {text}", uid=1)
    with pytest.raises(LabBuilderError) as caught:
        compile_text(text, ("config",), ("uid", "gid"))
    (finding,) = caught.value.findings
    assert problem in finding.message or "not allowed" in finding.message
    assert finding.path == ("config",)


def test_an_expression_of_20_filters_is_fine() -> None:
    text = "{{ uid" + "|d" * 20 + " }}"
    assert compile_text(text * 5, ("config",), ("uid", "gid"))(uid=7, gid=8) == "77777"
    assert render("".join(f"k{i}: {text}\n" for i in range(5)), uid=7)["k4"] == 7


def test_expressions_are_not_optimized() -> None:
    # Jinja's optimizer visits all that is below each part of an expression again.
    assert not texts._TEXT.optimized  # noqa: SLF001 (a setting that no result shows)


def test_an_annotation_of_many_filters_is_refused_where_it_stands() -> None:
    annotations = {"example.org/x": "{{ uid" + "|d" * 80 + " }}"}
    with pytest.raises(LabBuilderError) as caught:
        LabCompiler({**ARGUMENTS["config"], "namespaceAnnotations": annotations})
    (finding,) = caught.value.findings
    assert finding.path == ("config", "namespaceAnnotations", "example.org/x")


def test_a_fragment_that_takes_too_long_is_the_labs_finding() -> None:
    own = {"metadata.yaml": "{% for i in range(100000) %}{% for j in range(9) %}{% endfor %}"
           "{% endfor %}name: {{ name }}"}  # fmt: skip
    given = arguments()
    compiler = LabCompiler(given.pop("config"), templates=own)
    with pytest.raises(LabBuilderError, match=r"metadata.yaml:1:1: .*500,000 steps"):
        compiler.compile(**given)
