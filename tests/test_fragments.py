"""Fragments shape structure; values stay values, whatever a fragment or a value tries."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

from labbuilder import LabObjects, compile_lab, data
from labbuilder.documents import Document, load
from labbuilder.errors import Finding, LabBuilderError, Source
from labbuilder.fragments import Fragments, compile_text, markers, skeleton

HOSTILE = ["x\nevil: true", "evil: true", "\nevil: true\n", ": 1\nevil: true", "b, evil: true"]
ODD = [
    "", "no", "null", "~", "1e3", "0x1f", "12:30", "a: b", "- a", "#", "'", '"', "\\", "|", "*a",
    "{{ name }}", "{% x %}", "{#", "\n", "a\nb: c\n", "\ue0000\ue001", "\ue000", "\u2028", "\x85",
    "<<", "<b>", "%s", "{}", "\ufeff", "\t",
]  # fmt: skip


def render(text: str, others: Mapping[str, str] | None = None, **variables: Any) -> Any:
    return Fragments({"t.yaml": text, **(others or {})}).render("t", variables)


def refusal(text: str, others: Mapping[str, str] | None = None, **variables: Any) -> Finding:
    with pytest.raises(LabBuilderError) as error:
        render(text, others, **variables)
    (finding,) = error.value.findings
    assert finding.code == "template-error"
    return finding


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(text for item in value.values() for text in strings(item))]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


# Values are lifted.


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "lifted"),
    [
        (1, 1), (1.5, 1.5), (True, True), (False, False), ([], []), ({}, {}), (0, 0), ("", ""),
        ((1, [2]), [1, [2]]), ({"a": [{"b": 1}]}, {"a": [{"b": 1}]}), (Colour.RED, "red"),
        ({"a": None, "b": [None, 1]}, {"b": [1]}), (10**20, 10**20),
    ],
)  # fmt: skip
def test_a_value_keeps_its_type(value: Any, lifted: Any) -> None:
    found = render("a: {{ x }}\nb:\n  - {{ x }}\n", x=value)
    assert found == {"a": lifted, "b": [lifted]}
    assert [type(found["a"]), type(found["b"][0])] == [type(lifted)] * 2


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("place", ["a: {{ x }}", "a: '{{ x }}'", 'a: "{{ x }}"', "{a: {{ x }}}"])
def test_text_stays_the_same_text_wherever_it_stands(place: str, text: str) -> None:
    assert render(place, x=text) == {"a": text}


PLACES = """\
a: {{ x }}
-{{ y }}: 1
c: {{ x }}-{{ y }}
d: |
  {{ x }}
e: [{{ y }}, '{{ x }}.']
"""
TEXTS = Fragments({"t.yaml": PLACES})


@settings(max_examples=500)
@given(strategies.texts, strategies.texts)
def test_any_text_stays_the_same_text(x: str, y: str) -> None:
    found = TEXTS.render("t", {"x": x, "y": y})
    assert found == {"a": x, f"-{y}": 1, "c": f"{x}-{y}", "d": f"{x}\n", "e": [y, f"{x}."]}


@pytest.mark.parametrize("value", [object(), {1}, b"a", float("nan"), float("inf"), range(3)])
def test_what_json_has_no_type_for_is_refused(value: object) -> None:
    assert "is not allowed" in refusal("a: {{ x }}", x=value).message
    assert "is not allowed" in refusal("a: {{ x }}", x={"b": [value]}).message


def test_a_key_that_is_no_text_is_refused() -> None:
    assert "a key" in refusal("a: {{ x }}", x={1: 2}).message


def test_none_drops_its_key_and_its_item() -> None:
    text = "a: {{ x }}\nb: [{{ x }}, 1]\nc: {d: {{ x }}}\ne: {{ none }}\n"
    assert render(text, x=None) == {"b": [1], "c": {}}


def test_a_fragment_of_one_value_is_that_value() -> None:
    assert render("{{ x }}", x={"a": [1]}) == {"a": [1]}
    assert render("{{ x }}", x=None) is None


def test_constants_of_a_fragment_are_values_too() -> None:
    assert render("a: {{ 'no' }}\nb: {{ 1 }}\nc: {{ '0x1f' }}\nd: no\n") == {
        "a": "no", "b": 1, "c": "0x1f", "d": "no",
    }  # fmt: skip


@pytest.mark.parametrize(("value", "joined"), [("b", "a-b"), (1, "a-1"), (1.5, "a-1.5")])
def test_text_and_numbers_join(value: object, joined: str) -> None:
    assert render("a: a-{{ x }}\n", x=value) == {"a": joined}
    assert render("a-{{ x }}: 1\n", x=value) == {joined: 1}


@pytest.mark.parametrize("value", [None, True, [], {}, ["a"], {"a": 1}])
@pytest.mark.parametrize(
    "place", ["a: b{{ x }}", "a: {{ x }}{{ x }}", "{{ x }}: 1", "b{{ x }}: 1"]
)
def test_nothing_else_joins(place: str, value: object) -> None:
    assert "can't be joined" in refusal(place, x=value).message


@pytest.mark.parametrize(
    "text", ["{{ x }}: 1\n{{ y }}: 2", "{{ x }}: 1\na: 2", "a: 1\n{{ x }}: 2"]
)
def test_keys_never_collide_silently(text: str) -> None:
    assert "is duplicated" in refusal(text, x="a", y="a").message


def test_a_value_is_no_merge_key() -> None:
    assert render("{{ x }}: {{ y }}\n", x="<<", y={"a": 1}) == {"<<": {"a": 1}}
    refusal("<<: {{ y }}\n", y={"a": 1})


def test_what_is_made_shares_nothing_with_the_variables_or_within() -> None:
    value = {"a": [1]}
    text = "{% set x %}{{ v }}{% endset %}a: {{ x }}\nb: {{ x }}\nc: &c {{ v }}\nd: *c\n"
    found = render(text, v=value)
    parts = [value, *found.values()]
    assert len({id(part) for part in parts}) == len({id(part["a"]) for part in parts}) == 5


# Jinja's own means of composition work.


def test_fragments_nest_as_values() -> None:
    inner = {"i.yaml": "n: {{ n }}\nx: {{ x }}\n"}
    text = "{% for n in [1, 2] %}\n- {{ fragment('i', n=n) }}\n{% endfor %}\n"
    assert render(text, inner, x="a: b") == [{"n": 1, "x": "a: b"}, {"n": 2, "x": "a: b"}]


@pytest.mark.parametrize("how", ["", " with context", " without context"])
def test_macros_work_however_they_are_imported(how: str) -> None:
    macros = {"m.yaml": "{% macro pair(k, v) %}{{ k }}: {{ v }}{% endmacro %}"}
    text = f"{{% import 'm.yaml' as m{how} %}}{{% from 'm.yaml' import pair{how} %}}"
    text += "{{ m.pair('a', x) }}\n{{ pair('b', [x]) }}\n"
    fragments = Fragments({"t.yaml": text, **macros})
    assert fragments.render("t", {"x": "no"}) == {"a": "no", "b": ["no"]}
    assert fragments.render("t", {"x": HOSTILE[0]}) == {"a": HOSTILE[0], "b": [HOSTILE[0]]}


@pytest.mark.parametrize("how", ["", " with context", " without context", " ignore missing"])
def test_includes_work(how: str) -> None:
    text = f"a: {{{{ x }}}}\n{{% include 'i.yaml'{how} %}}\n"
    assert render(text, {"i.yaml": "b: {{ x }}\n"}, x="no") == {"a": "no", "b": "no"}


def test_call_blocks_work() -> None:
    text = "{% macro m(k) %}{{ k }}:\n  {{ caller() }}{% endmacro %}"
    text += "{% call m('a') %}b: {{ x }}{% endcall %}\n"
    assert render(text, x="c: d") == {"a": {"b": "c: d"}}


def test_set_blocks_work() -> None:
    text = "{% set x %}b: {{ name }}{% endset %}a:\n  {{ x }}\n{{ x }}\n"
    assert render(text, name="c: d") == {"a": {"b": "c: d"}, "b": "c: d"}


def test_blocks_can_be_extended_and_printed_twice() -> None:
    parent = {"p.yaml": "{% block b %}a: {{ name }}\n{% endblock %}"}
    text = "{% extends 'p.yaml' %}{% block b %}{{ super() }}{% set y = name %}b: {{ y }}\n"
    text += "{% endblock %}"
    assert render(text, parent, name="c: d") == {"a": "c: d", "b": "c: d"}
    assert render("{% block b %}a{{ 1 }}: 1\n{% endblock %}x:\n  {{ self.b() }}") == {
        "a1": 1, "x": {"a1": 1},
    }  # fmt: skip


def test_filters_and_arithmetic_work_on_values() -> None:
    text = "a: {{ x | replace('.', '_') }}\nb: {{ n + 1 }}\nc: {{ x ~ n }}\nd: {{ x + x }}\n"
    text += "e: {{ x ~ '!' }}\nf: {{ [x, x] | join('-') }}\ng: {{ n * 2 }}\n"
    assert render(text, x="a.b", n=2) == {
        "a": "a_b", "b": 3, "c": "a.b2", "d": "a.ba.b", "e": "a.b!", "f": "a.b-a.b", "g": 4,
    }  # fmt: skip


# No way leads from a value to the text.

TEXT = "{% set x %}a: {}{% endset %}"
WAYS = [
    "a: {{ name }}", "a: '{{ name }}'", "{{ name }}: 1", "a: 1 # {{ name }}", "[{{ name }}]",
    "a: |\n  {{ name }}", "a: {{ name }}{{ name }}", "- {{ name }}", "{a: {{ name }}}",
    *(f"a: {{{{ name | {name} }}}}" for name in (
        "safe", "escape", "e", "forceescape", "tojson", "urlize", "xmlattr", "string", "indent",
        "trim", "striptags", "replace('x', 'y')", "wordwrap(2)", "center(20)", "list", "title",
        "default('b')", "map('safe') | join", "attr('format')", "pprint", "truncate(1)",
    )),
    *(f"a: 1\n{{% filter {name} %}}a: %s{{% endfilter %}}" for name in (
        "default(name, true)", "format(name)", "replace('%s', name)", "upper", "join(name)",
    )),
    "a: {% filter default(name, true) %}{% endfilter %}",
    "{% filter default(name, true) %}{% endfilter %}",
    "a{% filter list | join(name) %}bc{% endfilter %}: 1",
    "{% set n = name %}{% set x | default(n, true) %}{% endset %}a: {{ x }}",
    "{% set n = name %}{% set x | default(n, true) %}{% endset %}{{ x }}",
    "{% set x | default(name, true) %}{% endset %}{{ x }}",
    *(TEXT + way for way in (
        "{{ x ~ name }}", "{{ name ~ x }}", "{{ x + name }}", "{{ name + x }}", "{{ x % name }}",
        "{{ x.format(name) }}", "{{ x.format(**{'': name}) }}", "{{ (x | attr('format'))(name) }}",
        "{{ x['format'](name) }}", "{{ x.format_map({'': name}) }}", "{{ x.join([name]) }}",
        "{{ x.replace('{}', name) }}", "{{ x | replace('{}', name) }}", "{{ x | format(name) }}",
        "{{ [x, name] | join }}", "{{ [x, name] | sum(start=x) }}", "{{ [name, x] | max }}",
        "{{ x | list | join(name) }}", "{{ [x] | map('replace', '{}', name) | first }}",
        "{{ ['{}'] | map('default', x) | first }}", "{{ '{}' | replace('{}', x ~ name) }}",
        "{{ x[:3] ~ name }}", "{{ x[:3] + name }}", "{{ x[::-1] }}", "{{ x * 2 }}",
        "{{ x | indent(name) }}", "{{ x | wordwrap(2, true, name) }}", "{{ x | default(name) }}",
        "{% for c in x %}{{ c }}{% endfor %}{{ name }}", "{{ x.partition(':') }}",
        "{{ namespace(t=x).t.format(name) }}", "{{ x.__mod__(name) }}", "{{ x.__html__() }}",
        "{{ x.unescape() }}", "{{ x.__class__(name) }}", "{{ x.escape(name) }}",
    )),
    "{% extends 'p.yaml' %}{% block b %}{{ super() ~ name }}{% endblock %}",
    "{% extends 'p.yaml' %}{% block b %}{{ super().format(name) }}{% endblock %}",
    "{% extends 'p.yaml' %}{% block b %}{{ super() + name }}{% endblock %}",
    "{% extends 'p.yaml' %}{% block b %}{{ super() }}{{ name }}{% endblock %}",
    "{% macro m(n) %}a: {}{{ n }}{% endmacro %}{{ m(name) }}",
    "{% macro m(n) %}a: {}{% endmacro %}{{ m().format(name) }}",
    "{% macro m(n) %}{{ caller().format(n) }}{% endmacro %}{% call m(name) %}a: {}{% endcall %}",
    "{% autoescape false %}{{ name }}{% endautoescape %}",
    "{% autoescape true %}{{ name }}{% endautoescape %}",
    "{% include name %}", "{% import name as m %}{{ m }}", "{% extends name %}",
    "{% from 'm.yaml' import m %}{{ m(name) }}", "{% trans %}{{ name }}{% endtrans %}",
    "{% do name %}", "{% with n = name %}{{ n }}: 1{% endwith %}",
    "{{ fragment('m', name=name) }}", "{{ fragment(name) }}", "{{ self }}", "{{ fragment }}",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("way", WAYS)
def test_a_value_never_adds_a_key_nor_shows_a_marker(way: str, name: str) -> None:
    """Refused or not: whatever the fragment does."""
    others = {
        "p.yaml": "{% block b %}a: {}{% endblock %}",
        "m.yaml": "{% macro m(n) %}{{ n }}{% endmacro %}",
    }
    try:
        found = render(way, others, name=name)
    except LabBuilderError:
        return
    texts = strings(found)
    assert "evil" not in texts
    assert not [text for text in texts if markers.has_marker(text)]


@pytest.mark.parametrize(
    "name", ["safe", "escape", "e", "forceescape", "tojson", "urlize", "xmlattr", "pprint"]
)
def test_filters_that_make_text_of_values_are_gone(name: str) -> None:
    assert f"No filter named '{name}'" in refusal(f"a: {{{{ x | {name} }}}}", x="a").message


@pytest.mark.parametrize(
    "way",
    [
        "x ~ name", "name ~ x", "x + name", "x % name", "'%s%s' | format(x, name)",
        "x | format(name)",
        "'%s' % x", "'{}{}'.format(x, name)", "''.join([x, name])", "[x, name] | join", "x * 2",
        "[x, name] | join(attribute='upper')", "x | striptags", "x | list", "x | list | join",
        "x | urlencode", "x | string", "x | title", "x | wordwrap(1)", "x | map('upper') | join",
        "x | default(name)", "'' | default(x, true)", "x | replace('p', name)", "x | indent",
        "name | replace('a', x)", "x.format(name)", "x.upper()", "x.join([name])", "x[0]",
        "[x]", "{'a': x}", "(x, name)", "dict(a=x)", "[x] | first", "[x] | select | list",
        "[{'a': x}] | map(attribute='a') | list", "fragment('i', n=x)", "fragment('i', n=[x])",
        "fragment('i', n={'a': [x]})",
    ],
)  # fmt: skip
def test_a_fragments_text_can_only_be_printed(way: str) -> None:
    """As a value, it would carry its markers along."""
    text = f"{{% set x %}}p{{{{ name }}}}{{% endset %}}a: {{{{ {way} }}}}\n"
    refusal(text, {"i.yaml": "b: 1\n{{ n }}"}, name="a")


@pytest.mark.parametrize(
    ("argument", "use"),
    [
        ("m", "{{ n() }}"),
        ("{'m': m}", "{{ n.m() }}"),
        ("[m]", "{{ n[0]() }}"),
        ("namespace(t=x)", "{{ n.t }}"),
        ("[x] | select", "{% for t in n %}{{ t }}{% endfor %}"),
        ("{'a': x}.values()", "{% for t in n %}{{ t }}{% endfor %}"),
        ("{'a': x} | items", "{% for k, t in n %}{{ t }}{% endfor %}"),
        ("self", "{{ n.b() }}"),
    ],
)
def test_no_text_reaches_another_fragment_where_its_markers_mean_other_values(
    argument: str, use: str
) -> None:
    text = "{% macro m() %}{{ name }}{% endmacro %}{% set x %}{{ name }}{% endset %}"
    text += f"{{% block b %}}{{% endblock %}}a: {{{{ fragment('i', n={argument}) }}}}\n"
    refusal(
        text,
        {"i.yaml": f"b: [{{{{ other }}}}, {{{{ other }}}}, {{{{ other }}}}]\nc: {use}\n"},
        name="name",
        other="other",
    )


def test_a_fragment_cannot_forge_a_marker() -> None:
    refusal("a: \ue0000\ue001\nb: {{ x }}\n", x="secret")
    assert render("a: {{ '\\ue0000\\ue001' }}\nb: {{ x }}\n", x="b")["a"] == "\ue0000\ue001"


# What is wrong has a place.


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("a: 1\nb: {{ nope }}\n", Source("labbuilder/t.yaml", 2, 1)),
        ("a: 1\n\nb: {{ x.nope }}\n", Source("labbuilder/t.yaml", 3, 1)),
        ("a:\n  - {{ fragment('i') }}\n", Source("labbuilder/i.yaml", 3, 1)),
        ("{% if nope %}a: 1{% endif %}\n", Source("labbuilder/t.yaml", 1, 1)),
        ("\n{% include 'i.yaml' %}", Source("labbuilder/i.yaml", 3, 1)),
        ("\na: {{ x | nope }}", Source("labbuilder/t.yaml", 2, 1)),
        ("\na: {% if %}", Source("labbuilder/t.yaml", 2, 1)),
        ("\na: {{ 1 / 0 }}", Source("labbuilder/t.yaml", 2, 1)),
        ("\na: {{ [x, nope] }}", Source("labbuilder/t.yaml", 2, 1)),
    ],
)
def test_trouble_has_the_fragments_file_and_line(text: str, source: Source) -> None:
    finding = refusal(text, {"i.yaml": "a: 1\nb: 2\nc: {{ nope }}\n"}, x={"y": 1})
    assert finding.source == source


@pytest.mark.parametrize(
    ("text", "line"), [("a: 1\nb: {{ nope }}\n", 2), ("\n\n{% if %}", 3), ("\n{% nope %}", 2)]
)
def test_trouble_in_a_sites_folder_names_its_file(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "service.yaml").write_text(text)
    with pytest.raises(LabBuilderError) as error:
        compile_one(tmp_path)
    (finding,) = error.value.findings
    assert finding.source == Source(f"{tmp_path}/service.yaml", line, 1)


@pytest.mark.parametrize(
    "text", ["a: [", "a: 1\n---\nb: 2\n", "a: 1\na: 2\n", "a: !!int {{ 1 }}\n"]
)
def test_text_that_is_no_single_yaml_document_is_refused(text: str) -> None:
    assert "labbuilder/t.yaml" in str(refusal(text))


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in [1] %}" * 25 + "{% endfor %}" * 25,
        "{% if x %}" * 120 + "{% endif %}" * 120,
        "a: {{ " + "(" * 500 + "1" + ")" * 500 + " }}",
        "a: {{ 1e400 }}",
        "a: {{ 'abc' | truncate(1) }}",
        "a: {{ x | batch(0) | list }}{{ x | slice(0) | list }}",
        "{% set y | default(x, true) %}{% endset %}a: {{ y }}",
        "a: {{ [1, 'a'] | sort }}",
        "a: {{ 'a'.encode('nope') }}",
    ],
)
def test_what_python_makes_of_a_fragment_is_explained_too(text: str) -> None:
    refusal(text, x="x")


# The sandbox holds.


@pytest.mark.parametrize(
    "way",
    [
        "''.__class__", "'' | attr('__class__')", "''['__class__']", "(1).__class__.__mro__",
        "'{0.__class__}'.format(1)", "fragment.__self__", "fragment.__func__", "range.__init__",
        "self._TemplateReference__context", "d.update({})", "d.clear()", "d.pop('a')",
        "l.append(1)",
        "l | attr('append')", "l.sort()", "d.setdefault('b', 1)", "m.__globals__", "d.__setitem__",
        "['__class__'] | map('attr', 'x') | first", "[''] | map(attribute='__class__') | list",
    ],
)  # fmt: skip
def test_the_sandbox_holds(way: str) -> None:
    values: dict[str, Any] = {"d": {"a": 1}, "l": [2, 1]}
    refusal(f"{{% macro m() %}}{{% endmacro %}}a: {{{{ {way} }}}}\n", **values)
    assert values == {"d": {"a": 1}, "l": [2, 1]}


@pytest.mark.parametrize(
    "way",
    [
        "secrets.model_json_schema().type",
        "secrets.model_fields_set | list | length",
        'secrets.parse_raw(\'{"token": ""}\').root | length',
        "pull_secret.model_json_schema().type",
    ],
)
def test_fragments_are_handed_no_models_whose_methods_reach_out_of_the_sandbox(way: str) -> None:
    """One of them loads pickles, another reads files."""
    with pytest.raises(LabBuilderError) as error:
        compile_one({"service.yaml": f"a: {{{{ {way} }}}}\n"})
    assert [finding.code for finding in error.value.findings] == ["template-error"]


@pytest.mark.parametrize(
    "text",
    [
        "a: {{ fragment('t') }}", "{% include 't.yaml' %}", "{% extends 't.yaml' %}",
        "{% macro m() %}{{ m() }}{% endmacro %}a: {{ m() }}", "{% import 't.yaml' as t %}{{ t }}",
        "a: {{ fragment('t', depth=0) }}", "a: {{ fragment('t', **{'depth': 0}) }}",
    ],
)  # fmt: skip
def test_recursion_ends(text: str) -> None:
    refusal(text)


@pytest.mark.parametrize(
    "way", ["'a' * 10**10", "[1] * 10**10", "2 ** 10000000000", "range(10**9) | list", "'%s' % 1"]
)
def test_repetition_is_refused(way: str) -> None:
    refusal(f"a: {{{{ {way} }}}}\n")


def test_powers_of_powers_are_refused_before_they_grow() -> None:
    refusal("a: {{ 10 ** 64 ** 64 ** 64 > 1 }}\n")


# Shapes are parsed once.


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    parsed: list[str] = []

    def counting(text: str, name: str, **options: Any) -> list[Document]:
        parsed.append(name)
        return load(text, name, **options)

    monkeypatch.setattr(skeleton, "load", counting)
    return parsed


def test_a_second_object_of_the_same_shape_parses_no_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = counted(monkeypatch)
    fragments = Fragments({"t.yaml": "a: {{ x }}\n{% if x == 3 %}b: 1\n{% endif %}"})
    made = [fragments.render("t", {"x": x}) for x in (1, "no", None, [1], 3, 2)]
    assert made == [{"a": 1}, {"a": "no"}, {}, {"a": [1]}, {"a": 3, "b": 1}, {"a": 2}]
    assert parsed == ["labbuilder/t.yaml"] * 2


def test_a_second_lab_of_the_same_shape_parses_no_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_one(None, username="vera")
    parsed = counted(monkeypatch)
    lab = compile_one(None, username="no")
    assert lab.pod["metadata"]["name"] == "no-nb"
    assert not parsed


# A site's own fragments.


def compile_one(templates: Any, username: str = "vera") -> LabObjects:
    amounts = {"cpu": 1, "memory": "1Gi"}
    return compile_lab(
        config={
            "namespacePrefix": "lab",
            "sizes": [{"size": "small", "resources": {"limits": amounts, "requests": amounts}}],
            "volumes": [{"name": "home", "source": {"type": "emptyDir"}}],
        },
        site={"baseUrl": "https://data.example.org", "discovery": {}},
        user={"username": username, "uid": 1928, "gid": 1928},
        lab={"env": {"JUPYTERHUB_SERVICE_PREFIX": "/nb/user/vera/"}},
        image=f"registry.example/lab:w_2077_43@sha256:{'0a' * 32}",
        secrets={"token": "dG9rZW4="},
        pull_secret={"data": {"a": ""}, "type": "Opaque"},
        templates=templates,
    )


EXTENDED = """\
{% extends "labbuilder/pod.yaml" %}
{% block spec %}
{{ super() }}
  hostname: {{ names.pod }}
{% endblock %}
"""


@pytest.mark.parametrize("kind", ["mapping", "folder", "folder as text"])
def test_a_site_can_extend_a_fragment(tmp_path: Path, kind: str) -> None:
    (tmp_path / "pod.yaml").write_text(EXTENDED)
    (tmp_path / "README").write_text("{% no fragment")
    given_templates = {
        "mapping": {"pod.yaml": EXTENDED}, "folder": tmp_path, "folder as text": str(tmp_path)
    }  # fmt: skip
    lab, shipped = compile_one(given_templates[kind]), compile_one(None)
    assert lab.pod["spec"].pop("hostname") == "vera-nb"
    assert lab == shipped


def test_a_site_can_replace_a_fragment() -> None:
    own = "{{ fragment('labels') }}"
    metadata = "name: {{ name }}\nlabels: {{ fragment('labels') }}\n"
    labels = "mine: {{ port }}x\nnublado.lsst.io/category: lab\nnublado.lsst.io/user: vera\n"
    lab = compile_one({"metadata.yaml": metadata, "labels.yaml": labels})
    assert lab.pod["metadata"]["name"] == "vera-nb"
    assert lab.pod["metadata"]["labels"]["mine"] == "8888x"
    with pytest.raises(LabBuilderError, match="labels"):
        compile_one({"metadata.yaml": own})


def test_a_sites_fragment_that_is_no_template_is_refused_even_if_unused() -> None:
    with pytest.raises(LabBuilderError, match=r"unused\.yaml:2:1: "):
        compile_one({"unused.yaml": "\n{% if %}"})


# A key that two fragments set is the site's.

OURS = """\
kind: Pod
spec:
{% block spec %}
  grace: 1
  security:
    user: {{ ours }}
{% block security %}
    group: {{ ours }}
{% endblock %}
  volumes:
    - name: {{ ours }}
{% block last %}
{% endblock %}
{% endblock %}
{% block end %}
end: ours
{% endblock %}
"""
SPEC = {
    "grace": 1,
    "security": {"user": "ours", "group": "ours"},
    "volumes": [{"name": "ours"}],
}
PLAIN = {"kind": "Pod", "spec": SPEC, "end": "ours"}


def of_a_site(text: str, others: Mapping[str, str] | None = None, **variables: Any) -> Any:
    """Render a site's fragment, with one of ours to extend."""
    files = {"site.yaml": text, **(others or {})}
    variables = {"ours": "ours", "own": "own", **variables}
    return Fragments({"ours.yaml": OURS}, files, "site").render("site", variables)


def of_a_sites_block(text: str, own: Mapping[str, str] | None = None, block: str = "spec") -> Any:
    extends = "{% extends 'labbuilder/ours.yaml' %}"
    made = of_a_site(f"{extends}{{% block {block} %}}\n{text}{{% endblock %}}", own)
    spec, rest = made.pop("spec"), {"kind": "Pod", "end": "ours"}
    assert made == rest
    return spec


BEFORE, AFTER = "{own}{{{{ super() }}}}\n", "{{{{ super() }}}}\n{own}"


@pytest.mark.parametrize("place", [BEFORE, AFTER])
@pytest.mark.parametrize(
    ("own", "changes"),
    [
        ("  grace: 30\n", {"grace": 30}),
        ("  grace: {{ own }}\n", {"grace": "own"}),
        ('  "grace": {{ [own] }}\n', {"grace": ["own"]}),
        ("  ? grace\n  : 30\n", {"grace": 30}),
        ("  grace: &grace 30\n  more: *grace\n", {"grace": 30, "more": 30}),
        ("  security: {{ own }}\n", {"security": "own"}),
        ("  security:\n    group: {{ own }}\n", {"security": {"group": "own"}}),
        ("  volumes:\n    - name: {{ own }}\n", {"volumes": [{"name": "own"}]}),
        ("  grace: 30\n  volumes: []\n", {"grace": 30, "volumes": []}),
        ("  more: {{ own }}\n", {"more": "own"}),
        ("  grace: 30\n  more: 1\n  volumes: {{ own }}\n",
         {"grace": 30, "more": 1, "volumes": "own"}),
    ],
)  # fmt: skip
def test_what_a_site_writes_wins_over_ours(place: str, own: str, changes: dict[str, Any]) -> None:
    assert of_a_sites_block(place.format(own=own)) == {**SPEC, **changes}


@pytest.mark.parametrize("place", [BEFORE, AFTER])
@pytest.mark.parametrize("null", ["null", "~", "", "{{ none }}"])
def test_a_site_removes_a_key_of_ours_by_null(place: str, null: str) -> None:
    made = of_a_sites_block(place.format(own=f"  grace: {null}\n"))
    assert made == {key: value for key, value in SPEC.items() if key != "grace"}


@pytest.mark.parametrize(
    "text",
    [
        "  grace: 1\n  grace: 1\n{{ super() }}",
        "  grace: 1\n{{ super() }}\n  grace: 1\n",
        "{{ super() }}\n  grace: 1\n  grace: 1\n",
        "  more: 1\n{{ super() }}\n  more: 1\n",
        "{{ super() }}\n{{ super() }}",
        "{{ super() }}\n{% include 'more.yaml' %}\n  grace: 1\n",
        "  grace: 1\n{{ super() }}\n{% include 'more.yaml' %}\n",
        "{% macro m() %}  grace: 1\n{% endmacro %}{{ m() }}{{ super() }}\n{{ m() }}",
        "{% block own %}  grace: 1\n{% endblock %}{{ super() }}\n  grace: 2\n",
        "{{ super() }}\n  other:\n    a: 1\n    a: 1\n",
    ],
)
def test_a_key_that_a_sites_own_text_has_twice_is_an_error(text: str) -> None:
    with pytest.raises(LabBuilderError) as error:
        of_a_sites_block(text, {"more.yaml": "  grace: 2\n"})
    (finding,) = error.value.findings
    assert finding.code == "template-error"
    assert "site/site.yaml: line " in finding.message
    assert "key '" in finding.message


def test_a_key_that_ours_has_twice_is_an_error() -> None:
    refusal("{% block b %}a: 1\na: 1\n{% endblock %}")
    ours = {"p.yaml": "{% block b %}a: 1\n{% endblock %}"}
    refusal("{% extends 'p.yaml' %}{% block b %}{{ super() }}a: 1\n{% endblock %}", ours)


@pytest.mark.parametrize(
    ("block", "text", "changes"),
    [
        ("last", "  grace: 30\n", {"grace": 30}),
        ("last", "  grace: 30\n{{ super() }}", {"grace": 30}),
        ("security", "    user: {{ own }}\n", {"security": {"user": "own"}}),
        ("security", "{{ super() }}    group: {{ own }}\n",
         {"security": {"user": "ours", "group": "own"}}),
        ("security", "    group: 1\n    user: 2\n{{ super() }}",
         {"security": {"user": 2, "group": 1}}),
    ],
)  # fmt: skip
def test_a_block_within_ours_wins_over_what_is_around_it(
    block: str, text: str, changes: dict[str, Any]
) -> None:
    assert of_a_sites_block(text, block=block) == {**SPEC, **changes}


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("{% set s = super() %}  grace: 30\n{{ s }}", {"grace": 30}),
        ("{% set s %}{{ super() }}  grace: 30\n{% endset %}{{ s }}", {"grace": 30}),
        ("{% if true %}{{ super() }}{% endif %}  grace: 30\n", {"grace": 30}),
        ("{% include 'more.yaml' %}{{ super() }}", {"grace": "own"}),
        ("{{ super() }}\n{% include 'more.yaml' %}", {"grace": "own"}),
        ("{% from 'macros.yaml' import m %}{{ super() }}{{ m('grace') }}", {"grace": "own"}),
        ("{% from 'macros.yaml' import m %}{{ m('grace') }}{{ super() }}", {"grace": "own"}),
        ("{% call inner() %}  grace: 30\n{% endcall %}{{ super() }}", {"grace": 30}),
        ("{% call outer() %}{{ super() }}{% endcall %}", {"grace": 30}),
        ("{{ super() }}{% block own %}  grace: 30\n{% endblock %}", {"grace": 30}),
        ("  <<: {a: 1}\n{{ super() }}  grace: 30\n", {"a": 1, "grace": 30}),
    ],
)  # fmt: skip
def test_whose_a_text_is_does_not_depend_on_how_it_is_printed(
    text: str, changes: dict[str, Any]
) -> None:
    own = {
        "more.yaml": "  grace: {{ own }}\n",
        "macros.yaml": "{% macro m(key) %}  {{ key }}: {{ own }}\n{% endmacro %}",
    }
    macros = "{% macro inner() %}{{ caller() }}{% endmacro %}"
    macros += "{% macro outer() %}  grace: 30\n{{ caller() }}{% endmacro %}"
    assert of_a_sites_block(macros + text, own) == {**SPEC, **changes}


@pytest.mark.parametrize("place", [BEFORE, AFTER])
def test_a_key_that_is_a_value_wins_and_loses_as_any(place: str) -> None:
    ours = "{% block spec %}\n  a: 1\n  {{ x }}: 2\n{% endblock %}"
    for own, made in [
        ("  a: 3\n", {"a": 3, "x": 2}),
        ("  x: 3\n", {"a": 1, "x": 3}),
        ("  {{ x }}: 3\n", {"a": 1, "x": 3}),
        ("  {{ 'a' }}: 3\n", {"a": 3, "x": 2}),
        ("  {{ 'a' }}: {{ none }}\n", {"x": 2}),
    ]:
        text = f"{{% block spec %}}\n{place.format(own=own)}{{% endblock %}}"
        fragments = Fragments(
            {"t.yaml": ours}, {"t.yaml": f"{{% extends 'labbuilder/t.yaml' %}}{text}"}
        )
        assert fragments.render("t", {"x": "x"}) == made
    own = "  {{ x }}: 3\n  {{ 'x' }}: 4\n"
    text = f"{{% extends 'labbuilder/t.yaml' %}}{{% block spec %}}{place.format(own=own)}"
    with pytest.raises(LabBuilderError, match="is duplicated"):
        Fragments({"t.yaml": ours}, {"t.yaml": f"{text}{{% endblock %}}"}).render("t", {"x": "x"})


TOP = "{% extends 'middle.yaml' %}{% block spec %}{{ super() }}  grace: 30\n{% endblock %}"
MIDDLE = "{% extends 'labbuilder/ours.yaml' %}{% block spec %}\n"


@pytest.mark.parametrize(
    ("middle", "changes"),
    [
        ("{{ super() }}\n  grace: 20\n", {"grace": 30}),
        ("  grace: 20\n{{ super() }}", {"grace": 30}),
        ("  volumes: [20]\n{{ super() }}", {"grace": 30, "volumes": [20]}),
        ("{{ super() }}{% block own %}  grace: 20\n{% endblock %}", {"grace": 30}),
        ("{{ super() }}\n", {"grace": 30}),
    ],
)
def test_of_a_sites_fragments_the_one_that_extends_wins(
    middle: str, changes: dict[str, Any]
) -> None:
    made = of_a_site(TOP, {"middle.yaml": MIDDLE + middle + "{% endblock %}"})
    assert made == {**PLAIN, "spec": {**SPEC, **changes}}


def test_of_a_sites_fragments_the_one_that_extends_wins_in_any_block() -> None:
    middle = "{% extends 'labbuilder/ours.yaml' %}{% block last %}  grace: 20\n{% endblock %}"
    own = {"middle.yaml": middle}
    assert of_a_site("{% extends 'middle.yaml' %}", own)["spec"] == {**SPEC, "grace": 20}
    assert of_a_site(TOP, own)["spec"] == {**SPEC, "grace": 30}


@pytest.mark.parametrize(
    "extends", ["{% extends name %}", "{% if name %}{% extends name %}{% endif %}"]
)
def test_it_does_not_matter_how_a_fragment_is_extended(extends: str) -> None:
    text = f"# Ours, and more.\n\n{extends}{{% block end %}}kind: Job\n{{% endblock %}}"
    made = of_a_site(text, name="labbuilder/ours.yaml")
    assert made == {"kind": "Job", "spec": SPEC}


def test_a_site_can_include_ours_and_set_a_key_that_it_sets() -> None:
    for text in ("{% include 'labbuilder/ours.yaml' %}\nend: own\n",
                 "end: own\n{% include 'labbuilder/ours.yaml' %}"):  # fmt: skip
        assert of_a_site(text) == {**PLAIN, "end": "own"}
    with pytest.raises(LabBuilderError, match="key 'end'"):
        of_a_site("end: own\n{% block own %}end: own\n{% endblock %}")


def test_authors_are_told_apart_within_a_line() -> None:
    ours = "{ {% block b %}a: 1, b: {a: {{ x }}}{% endblock %}, c: 1 }"
    for own in ("a: 2, {{ super() }}", "{{ super() }}, a: 2"):
        text = f"{{% extends 'labbuilder/t.yaml' %}}{{% block b %}}{own}{{% endblock %}}"
        made = Fragments({"t.yaml": ours}, {"t.yaml": text}).render("t", {"x": "é"})
        assert made == {"a": 2, "b": {"a": "é"}, "c": 1}


def test_places_that_moved_tell_no_authors_apart() -> None:
    """JSON's escapes of two halves get shorter when they are read."""
    ours = '{"\\ud83d\\ude00": 1, {% block b %}"b": 1{% endblock %}}'
    text = '{% extends "labbuilder/t.yaml" %}{% block b %}"a": 2, {{ super() }}{% endblock %}'
    assert Fragments({"t.yaml": ours}, {"t.yaml": text}).render("t", {}) == {
        "\U0001f600": 1, "a": 2, "b": 1,
    }  # fmt: skip
    with pytest.raises(LabBuilderError, match="key 'b'"):
        Fragments({"t.yaml": ours}, {"t.yaml": text.replace('"a"', '"b"')}).render("t", {})


def test_a_block_that_prints_nothing_is_false() -> None:
    ours = {"p.yaml": "{% block b %}{% if x %}b: 1{% endif %}{% endblock %}"}
    text = "{% extends 'p.yaml' %}{% block b %}{% if super() %}{{ super() }}"
    text += "{% else %}a: 1{% endif %}{% endblock %}"
    assert render(text, ours, x=False) == {"a": 1}
    assert render(text, ours, x=True) == {"b": 1}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("place", [BEFORE, AFTER])
def test_a_value_under_a_key_that_wins_or_loses_stays_a_value(place: str, name: str) -> None:
    text = place.format(own="  grace: {{ own }}\n  security: {{ ours }}\n")
    text = f"{{% extends 'labbuilder/ours.yaml' %}}{{% block spec %}}\n{text}{{% endblock %}}"
    made = of_a_site(text, ours=name, own=f"{name}2")
    volumes = [{"name": name}]
    assert made["spec"] == {"grace": f"{name}2", "security": name, "volumes": volumes}


def test_the_next_release_may_set_what_a_site_sets() -> None:
    """The README's example, once our pods have a priority class of their own."""
    text = data.TEMPLATES["pod.yaml"]
    newer = text.replace("  restartPolicy:", "  priorityClassName: ours\n  restartPolicy:")
    assert newer != text
    own = '{% extends "labbuilder/pod.yaml" %}\n{% block spec %}\n'
    own += "  priorityClassName: labs\n{{ super() }}\n{% endblock %}\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "TEMPLATES", {**data.TEMPLATES, "pod.yaml": newer})
        newer_lab = compile_one({"pod.yaml": own})
    assert newer_lab == compile_one({"pod.yaml": own})
    assert newer_lab.pod["spec"]["priorityClassName"] == "labs"


# Templates of text.


def made_text(template: str) -> str:
    return compile_text(template, ("config", "a"), ("uid", "gid"))(uid=1000, gid=7)


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ("", ""), ("plain: text\n", "plain: text\n"), ("{{ uid }}:{{ gid }}\n", "1000:7\n"),
        ("{{ uid * 10 + gid }}/1", "10007/1"), ("{{ (uid - 500) // 3 % 5 }}", "1"),
        ("{% if uid > 999 and not gid == 8 %}a{% else %}b{% endif %}", "a"),
        ("{{ 'a' if uid else 'b' }}", "a"), ("{{ uid ~ '-' ~ gid }}", "1000-7"),
        ("{{ 'Ab' | lower }}", "ab"), ("<&> {{ '<' }}", "<&> <"), ("{# c #}{{ -gid }}", "-7"),
    ],
)  # fmt: skip
def test_templates_of_text_know_uid_and_gid(template: str, made: str) -> None:
    assert made_text(template) == made


@pytest.mark.parametrize(
    "template",
    [
        "{{ username }}", "{{ uid", "{% for i in [1] %}{% endfor %}", "{{ range(9) }}",
        "{{ uid() }}",
        "{{ uid.real }}", "{{ uid['real'] }}", "{{ uid | center(99) }}", "{{ uid | nope }}",
        "{{ uid ** 9 }}", "{{ 'a' * uid }}", "{{ '%9d' % uid }}", "{{ uid / 0 }}", "{{ uid % 0 }}",
        "{% set x = 1 %}", "{% macro m() %}{% endmacro %}", "{% include 'pod.yaml' %}",
        "{{ [uid] }}",
        "{% extends 'pod.yaml' %}", "{{ self }}", "{{ fragment('pod') }}", "{{ uid < 'a' }}",
        "{{ 1 + " + "9" * 5000 + " }}", "{% if uid %}" * 120 + "{% endif %}" * 120,
        "{{ 1e400 | int }}",
        "{{ " + "(" * 500 + "1" + ")" * 500 + " }}",
    ],
)  # fmt: skip
def test_templates_of_text_can_do_no_more(template: str) -> None:
    with pytest.raises(LabBuilderError) as error:
        made_text(template)
    (finding,) = error.value.findings
    assert (finding.code, finding.path) == ("template-error", ("config", "a"))


@settings(max_examples=500)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="{\r\0"), max_size=20))
def test_text_without_braces_is_its_own_template(template: str) -> None:
    assert made_text(template) == template


@pytest.mark.parametrize("way", ["x.format(1)", "x['format'](1)", "(x | attr('format'))(1)"])
def test_a_value_is_no_format_that_could_ask_for_any_width(way: str) -> None:
    assert "format" in refusal(f"a: {{{{ {way} }}}}", x="{:>10000000000}").message
