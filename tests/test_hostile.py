"""Whatever is thrown at the compiler, it compiles or complains, soon."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labs import arguments, lab

from labbuilder import LabBuilderError, compile_lab

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["\ud800", "a\0b", "../..", "{{ 1 }}", "x\nroot:x:0:0", "\u202e", 2**80])
    | st.binary()
)
junk = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(scalars, inner, max_size=3),
    max_leaves=8,
)


def compile_or_complain(given: dict[str, Any]) -> None:
    try:
        manifests = compile_lab(**given).manifests()
    except LabBuilderError as error:
        str(error).encode()
    else:
        assert manifests


@settings(max_examples=300)
@given(name=st.sampled_from(sorted(arguments())), value=junk)
def test_any_argument_compiles_or_is_complained_of(name: str, value: Any) -> None:
    compile_or_complain({**arguments(), name: value})


@settings(max_examples=300)
@given(data=st.data(), value=junk)
def test_any_value_anywhere_compiles_or_is_complained_of(data: st.DataObject, value: Any) -> None:
    found = arguments()
    place: Any = found
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            place[key] = value
            break
        place = inner
    compile_or_complain(found)


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "changes",
    [
        {"site": {"discovery": {"a": nested(100_000)}}},
        {"user": nested(100_000)},
        {"user": {"username": "a" * 10_000_000}},
        {"user": {"username": "a-" * 50_000}},
        {"user": {"uid": 10**10_000}},
        {"user": {"quota": {"notebook": {"cpu": 1e308, "memory": 1e308}}}},
        {"image": "a/" * 100_000},
        {"image": f"registry.example/{'a-' * 100}:t@sha256:{'5' * 64}"},
        {"config": {"activityInterval": "9" * 10_000 + "d"}},
        {"config": {"homedirPrefix": "/" * 1_000_000}},
        {"config": {"namespaceAnnotations": {"a": "{{ " + "(" * 5_000 + "1" + ")" * 5_000}}},
        {"config": {"namespaceAnnotations": {"a": "{{ uid * 9 " + "* 9" * 5_000 + " }}"}}},
        {"config": {"namespaceAnnotations": {"a": "{{ 'a' * 10000000000 }}"}}},
        {"secrets": {"token": "a" * 10_000_001}},
    ],
    ids=range(14),
)
def test_what_is_too_much_is_refused_within_a_second(changes: dict[str, Any]) -> None:
    start = time.process_time()
    with pytest.raises(LabBuilderError) as caught:
        lab(**changes)
    assert time.process_time() - start < 1
    assert len(str(caught.value)) < 5_000


def test_text_of_any_look_is_carried_and_never_shown_raw() -> None:
    name = "\u202egnp.exe ро\u200bot \x1b[31m"
    annotations = lab(user={"name": name}).pod["metadata"]["annotations"]
    assert annotations["nublado.lsst.io/user-name"] == name
    with pytest.raises(LabBuilderError) as caught:
        lab(user={"username": name})
    assert "\x1b" not in str(caught.value)
    assert "\u202e" not in str(caught.value)


@settings(max_examples=300)
@given(name=st.sampled_from(["templates", "kubernetes_version"]), value=junk)
def test_any_option_compiles_or_is_complained_of(name: str, value: Any) -> None:
    compile_or_complain({**arguments(), name: value})


@settings(max_examples=300)
@given(st.fixed_dictionaries(dict.fromkeys(sorted(arguments()), junk)))
def test_all_arguments_may_be_wrong_at_once(given: dict[str, Any]) -> None:
    compile_or_complain(given)


@pytest.mark.parametrize("templates", [5, ["a"], {1: "a"}, {"pod.yaml": 5}, {"pod.yaml": b"a"}])
def test_fragments_of_a_wrong_type_are_complained_of(templates: Any) -> None:
    with pytest.raises(LabBuilderError):
        lab(templates=templates)
