from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbuilder import LabBuilderError, names
from labbuilder.lab import names as lab_names
from labbuilder.lab.names import (
    build_internal_url,
    build_object_names,
    check_namespace,
    home_directory,
    unique_key,
)
from labbuilder.names import (
    is_config_map_key,
    is_dns_label,
    is_dns_subdomain,
    is_env_var_name,
    is_label_value,
    is_qualified_name,
    is_username,
    normal_path,
    printable,
)

A63, A64, A253, A254 = ("a" * length for length in (63, 64, 253, 254))

ACCEPTED = [
    (is_username, ["vera", "aa", "1a", "ab-1", "vera-rubin", "0-0a", "bot-x-1", A63]),
    (is_dns_label, ["a", "0", "a-b", "0--9", A63]),
    (is_dns_subdomain, ["a", "a.b", "a-b.c-d.0", A253]),
    (is_label_value, ["", "a", "A.b_C-9", A63]),
    (is_qualified_name, ["a", "A_b.c-9", "a.b/C", f"{A253}/{A63}"]),
    (is_config_map_key, ["a", "A.b_C-9", "-", "_", ".a", "a..", A253]),
    (is_env_var_name, ["A", "_", "a-b.c", "-", ".a", "A1", A254]),
]
REFUSED = [
    (
        is_username,
        [
            "",
            "a",
            "a1",
            "1-a",
            "12-3",
            "-a",
            "a-",
            "a--b",
            "Vera",
            "a.b",
            "a_b",
            "é",
            "a\n",
            "а",
            A64,
        ],
    ),
    (is_dns_label, ["", "-a", "a-", "A", "a.b", "a_b", "a\n", "é", A64]),
    (is_dns_subdomain, ["", ".", "a.", ".a", "a..b", "-a.b", "a.b-", "A", "a/b", "a\n", A254]),
    (is_label_value, ["-a", "a-", ".a", "a/b", "a b", "a\n", "é", A64]),
    (
        is_qualified_name,
        ["", "/", "/a", "a/", "a/b/c", "A.b/c", "-a", "a/-b", "a b", A64, f"{A254}/a", "a\n"],
    ),
    (is_config_map_key, ["", ".", "..", "..a", "a/b", "a b", "a\n", "é", A254]),
    (is_env_var_name, ["", ".", "..", "..a", "1a", "a=b", "a b", "a\n", "é"]),
]


@pytest.mark.parametrize(
    ("predicate", "text"), [(predicate, text) for predicate, texts in ACCEPTED for text in texts]
)
def test_legal_names_are_accepted(predicate: Callable[[str], bool], text: str) -> None:
    assert predicate(text) is True


@pytest.mark.parametrize(
    ("predicate", "text"), [(predicate, text) for predicate, texts in REFUSED for text in texts]
)
def test_other_names_are_refused(predicate: Callable[[str], bool], text: str) -> None:
    assert predicate(text) is False


def test_objects_are_named_for_the_user() -> None:
    names = build_object_names("labs", "vera")
    assert names.username == "vera"
    assert names.namespace == "labs-vera"
    assert names.env_config_map == "vera-nb-env"
    assert names.nss_config_map == "vera-nb-nss"
    assert names.files_config_map == "vera-nb-files"
    assert names.claim("scratch") == "vera-nb-pvc-scratch"
    assert {names.quota, names.pod, names.secret, names.network_policy} == {"vera-nb"}


@pytest.mark.parametrize(
    ("prefix", "schema", "suffix", "home"),
    [
        ("/home", "username", "", "/home/vera"),
        ("/home", "initialThenUsername", "", "/home/v/vera"),
        ("/u/home", "username", "lab/x", "/u/home/vera/lab/x"),
        ("/u", "initialThenUsername", "lab", "/u/v/vera/lab"),
    ],
)
def test_homes_are_laid_out_by_prefix_schema_and_suffix(
    prefix: str, schema: str, suffix: str, home: str
) -> None:
    assert home_directory(prefix, schema, suffix, "vera") == home


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("/", "/"),
        ("//", "/"),
        ("/.", "/"),
        ("/tmp/", "/tmp"),  # noqa: S108
        ("//tmp", "/tmp"),  # noqa: S108
        ("///a//b/./c//", "/a/b/c"),
        ("/a b", "/a b"),
        ("/...", "/..."),
    ],
)
def test_each_place_has_one_normal_path(path: str, normal: str) -> None:
    assert normal_path(path) == normal
    assert normal_path(normal) == normal


@pytest.mark.parametrize(
    ("basename", "known", "key"),
    [
        ("dask.yml", set(), "dask-yml"),
        ("dask_yml", {"dask-yml"}, "dask-yml-2"),
        ("dask-yml", {"dask-yml", "dask-yml-2"}, "dask-yml-3"),
        (".bashrc", set(), "bashrc"),
        ("Motd", set(), "motd"),
        ("é", set(), "file"),
        ("_", {"file"}, "file-2"),
        (A64, set(), A63),
        (A64, {A63}, "a" * 61 + "-2"),
        ("a" * 60 + ".bcd", {"a" * 60 + "-bc"}, "a" * 60 + "-2"),
    ],
)
def test_files_are_keyed_by_basename(basename: str, known: set[str], key: str) -> None:
    taken = dict.fromkeys(known, 1)
    assert unique_key(basename, taken) == key
    assert key in taken


@given(
    st.lists(st.text("aA.-_é9", max_size=70) | st.text(max_size=70), max_size=20), st.booleans()
)
def test_keys_of_files_are_distinct_dns_labels(basenames: list[str], same: bool) -> None:  # noqa: FBT001
    if same:
        basenames = [basename.swapcase() for basename in basenames] + basenames
    keys = [unique_key(basename, taken) for taken in [dict[str, int]()] for basename in basenames]
    assert all(map(is_dns_label, keys))
    assert len(set(keys)) == len(keys)


@given(st.text())
def test_printable_text_is_one_line_without_colons(text: str) -> None:
    found = printable(text)
    assert ":" not in found
    assert len(found.splitlines()) <= 1
    assert printable(found) == found


CLEAN = [
    "",
    "Vera Rubin",
    "José Núñez",
    "Jose\u0301",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "\u0644\u200d\u0647",
    "👩\u200d🚀 🏳️\u200d🌈",
    "李  白",
    'O\'Brien, "Bob" <b@example.org> $HOME {{ x }} %s \\n',
]


@pytest.mark.parametrize("name", CLEAN)
def test_clean_names_stay_as_they_are(name: str) -> None:
    assert printable(name) == name


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("a:b", "a b"),
        ("a\nroot:x:0:0", "a root x 0 0"),
        ("\u2028a\u2029", "a"),
        ("a\x85\x1b\x7f\x00b", "a b"),
        ("a : \r\n b", "a b"),
        (":::", ""),
    ],
)
def test_what_cannot_stand_in_passwd_becomes_a_space(name: str, field: str) -> None:
    assert printable(name) == field


@pytest.mark.parametrize(
    "username",
    [
        "",
        "a@evil.example#",
        "a.b",
        "../a",
        "Vera",
        "vera\n",
        "vera:",
        "v\u00ad",
        A64,
        None,
        1,
        b"vera",
    ],
    ids=ascii,
)
def test_only_a_users_objects_have_names(username: Any) -> None:
    with pytest.raises(LabBuilderError) as caught:
        build_object_names("labs", username)
    (finding,) = caught.value.findings
    assert (finding.code, finding.path) == ("invalid-username", ("username",))
    assert finding.hint
    assert str(finding).isascii()
    assert str(finding).isprintable()


@pytest.mark.parametrize("prefix", ["", "a.b", "evil.example/", "-a", "a-", "A", "a\n", A64, None])
def test_only_a_prefix_of_namespaces_makes_names(prefix: Any) -> None:
    with pytest.raises(LabBuilderError) as caught:
        build_object_names(prefix, "vera")
    assert [each.code for each in caught.value.findings] == ["invalid-name"]


def test_no_names_are_longer_than_kubernetes_accepts() -> None:
    assert build_object_names("labs", "v" * 58).namespace == f"labs-{'v' * 58}"
    with pytest.raises(LabBuilderError) as caught:
        build_object_names("labs", "v" * 59)
    assert [each.code for each in caught.value.findings] == ["name-too-long"]


def test_nothing_but_a_path_follows_the_host_of_a_url() -> None:
    assert build_internal_url("labs-vera", "/a/") == "http://lab.labs-vera:8888/a/"
    for namespace in ("labs-a@evil.example#", "a.b", "a/b", "", None, 1):
        for prefix in ("@evil.example/", "user/", "", "/a\n", None):
            arguments: Any = namespace, prefix
            with pytest.raises(LabBuilderError) as caught:
                build_internal_url(*arguments)
            codes = [each.code for each in caught.value.findings]
            assert codes == ["invalid-name", "invalid-prefix"]


def test_names_of_a_labs_objects_are_found_where_they_always_were() -> None:
    for name in ("LabObjectNames", "build_internal_url", "build_object_names"):
        assert getattr(names, name) is getattr(lab_names, name)
    assert not hasattr(names, "nothing")


@pytest.mark.parametrize(("prefix", "username"), [("kube", "system"), ("kube-node", "lease")])
def test_no_lab_gets_a_namespace_of_kubernetes(prefix: str, username: str) -> None:
    assert [each.code for each in check_namespace(prefix, username)] == ["reserved-namespace"]
    assert not list(check_namespace(prefix, f"{username}s"))
