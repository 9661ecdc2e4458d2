"""Users and groups that a site's base passwd and group have already."""

from typing import Any

import pytest
from labs import ARGUMENTS, arguments, lab

from labbuilder import LabBuilderError, compile_lab
from labbuilder.errors import format_path
from labbuilder.lab.accounts import base_groups, base_users

USERS = (
    "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/sbin/nologin\n"
    "rachel:x:4242:4242::/home/rachel:/bin/bash\n"
)
GROUP = "root:x:0\nsudo:x:27:\nusers:x:100:\nnogroup:x:65534:\n"
SITE = {"nss": {"basePasswd": USERS, "baseGroup": GROUP}}
ASTRO = {"name": "astro", "id": 31}


def user(username: str = "vera", uid: int = 1928, gid: int = 1928, *groups: Any) -> dict[str, Any]:
    env = {"JUPYTERHUB_SERVICE_PREFIX": f"/user/{username}/"}
    changed = {**ARGUMENTS["user"], "username": username, "uid": uid, "gid": gid}
    return {"user": {**changed, "name": None, "groups": list(groups)}, "lab": {"env": env}}


def written(**changes: Any) -> tuple[str, str]:
    """Return the lines that passwd and group have after the site's."""
    data = lab(**{"config": SITE, **changes}).config_maps[0]["data"]
    assert data["passwd"].startswith(USERS)
    assert data["group"].startswith(GROUP)
    return data["passwd"].removeprefix(USERS), data["group"].removeprefix(GROUP)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (user("root"), ["name-taken user.username"]),
        (user("root", 4242, 4242, {"name": "root", "id": 4243}),
         ["name-taken user.username", "name-taken user.groups[0].name"]),
        (user("nobody"), ["name-taken user.username"]),
        (user("rachel", 4243), ["name-taken user.username"]),
        (user("vera", 1928, 1928, ASTRO, {"name": "sudo", "id": 4242}),
         ["name-taken user.groups[1].name"]),
        (user("vera", 1928, 1928, {"name": "users", "id": 1928}),
         ["name-taken user.groups[0].name"]),
        # The primary group would get the username, which a group of the site has.
        (user("sudo"), ["name-taken user.username"]),
    ],
)  # fmt: skip
def test_names_that_the_site_has_with_another_id_are_refused(
    changes: dict[str, Any], expected: list[str]
) -> None:
    with pytest.raises(LabBuilderError) as caught:
        lab(config=SITE, **changes)
    found = [f"{each.code} {format_path(each.path)}" for each in caught.value.findings]
    assert found == expected
    assert all(each.hint for each in caught.value.findings)


@pytest.mark.parametrize(
    ("changes", "passwd", "group"),
    [
        (user("rachel", 4242, 100), "", ""),
        (user("rachel", 4242, 100, {"name": "users", "id": 100}, ASTRO), "",
         "astro:x:31:rachel\n"),
        (user("vera", 1928, 1928, {"name": "users", "id": 100}),
         "vera:x:1928:1928::/home/vera:/bin/bash\n", "vera:x:1928:\n"),
        (user("sudo", 27, 27), "sudo:x:27:27::/home/sudo:/bin/bash\n", ""),
    ],
)  # fmt: skip
def test_what_the_site_has_with_the_same_id_gets_no_second_line(
    changes: dict[str, Any], passwd: str, group: str
) -> None:
    assert written(**changes) == (passwd, group)
    built = lab(config=SITE, **changes)
    groups = [each["id"] for each in changes["user"]["groups"]]
    assert built.pod["spec"]["securityContext"].get("supplementalGroups", []) == groups
    assert "id-taken" not in [each.code for each in built.warnings]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        (user("vera", 65534), "user.uid"),
        (user("vera", 4242), "user.uid"),
        (user("vera", 1928, 1928, {"name": "a", "id": 65534}), "user.groups[0].id"),
    ],
)
def test_ids_that_the_site_has_with_another_name_are_a_warning(
    changes: dict[str, Any], path: str
) -> None:
    warnings = lab(config=SITE, **changes).warnings
    found = [format_path(each.path) for each in warnings if each.code == "id-taken"]
    assert found == [path]


@pytest.mark.parametrize(
    ("changes", "group"),
    [
        (user(), "vera:x:1928:\n"),
        (user("vera", 1928, 31, ASTRO), "astro:x:31:\n"),
        (user("vera", 1928, 7, ASTRO), "astro:x:31:vera\nvera:x:7:\n"),
        (user("vera", 1928, 100), ""),  # users
    ],
)
def test_a_primary_group_that_nothing_names_has_the_username(
    changes: dict[str, Any], group: str
) -> None:
    assert written(**changes)[1] == group


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("a:x:1:1:::", {"a": 1}),
        ("a:x:1:1", {"a": 1}),
        (" \ta::01:1:\nb:x:+2:2:", {"a": 1, "b": 2}),
        ("a:x:1:1:\na:x:2:2:", {"a": 1}),
        ("#a:x:1:1:\n+b:x:1:1:\n-c:x:1:1:\n+\n-\n\n#", {}),
        ("a\na:\na:x\na:x:\na:x:1\na:x:b:1\na:x:1:b\na:x:-1:1\na:x:1 :1\na:x:\u0661:1", {}),
        ("a:x:" + "9" * 5000 + ":1\nb:x:" + "0" * 5000 + "1:1", {"a": 99999999999, "b": 1}),
        ("a:x:1:1\r\nb:x:2:2:\x85c:x:3:3", {"b": 2}),
    ],
)
def test_lines_are_read_as_programs_read_them(text: str, ids: dict[str, int]) -> None:
    assert base_users(text).ids == ids


def test_a_line_of_a_group_needs_one_number() -> None:
    assert base_groups("root:x:0\na:x:1:b,c\n\nb:x\nc:x:d:").ids == {"root": 0, "a": 1}
    assert base_groups("a:x:1\nb:x:1").names == {1: "a"}


def test_a_base_is_read_once_for_all_labs() -> None:
    base_users.cache_clear()
    base_groups.cache_clear()
    for _ in range(5):
        compile_lab(**arguments(config=SITE))
    assert base_users.cache_info().misses == base_groups.cache_info().misses == 1
