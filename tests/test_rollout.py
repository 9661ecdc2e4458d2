"""Equal changes of many labs are told once, whoever the users are."""

from typing import Any

from labs import ARGUMENTS, lab

from labbuilder.diff.compare import Change, compare
from labbuilder.diff.groups import Person, Rollout
from labbuilder.diff.impact import Impact

USERS = [Person("vera", 1928, 1928), Person("maria", 51818, 600), Person("a-bc", 7, 7)]


def built(person: Person, **config: Any) -> list[dict[str, Any]]:
    user = {"username": person.username, "name": person.username.title(), "uid": person.uid}
    groups = [{"name": person.username, "id": person.gid}]
    prefix = {"JUPYTERHUB_SERVICE_PREFIX": f"/user/{person.username}/"}
    return lab(
        config={**ARGUMENTS["config"], **config},
        user={**user, "gid": person.gid, "groups": groups},
        lab={"env": prefix},
    ).manifests()


def rollout(**config: Any) -> Rollout:
    found = Rollout()
    for person in USERS:
        found.add(person, compare(built(person), built(person, **config)).changes)
    return found


def told(found: Rollout) -> list[tuple[int, str, str]]:
    return [(labs, each.object, each.path) for labs, each in found.groups()]


def change(**fields: Any) -> Change:
    known: dict[str, Any] = {
        "kind": "ConfigMap", "name": "vera-nb-env", "namespace": "labs-vera", "path": "data.A",
        "old": "a", "new": "b", "impact": Impact.RECREATE,
    }  # fmt: skip
    return Change(**{**known, **fields})


def general(person: Person, **fields: Any) -> Change:
    found = Rollout()
    found.add(person, [change(**fields)])
    ((_, each),) = found.groups()
    return each


def test_nothing_changes_without_a_change() -> None:
    found = rollout()
    assert (found.labs, found.changed, told(found)) == (3, 0, [])


def test_equal_changes_are_counted_and_the_worst_come_first() -> None:
    found = rollout(env={"A": "b"}, extraAnnotations={"c": "d"})
    assert told(found) == [
        (3, "ConfigMap/USERNAME-nb-env", "data.A"),
        (3, "Pod/USERNAME-nb", "metadata.annotations.c"),
    ]
    assert found.classes == {Impact.RECREATE: 3}


def test_paths_and_namespaces_that_hold_the_username_are_alike() -> None:
    found = rollout(homedirPrefix="/u", namespacePrefix="other")
    assert {labs for labs, _, _ in told(found)} == {3}
    assert {labs for labs, _, _ in told(rollout(homedirPrefix="/u"))} == {3}
    groups = [each for _, each in rollout(homedirPrefix="/u").groups()]
    values = {(each.path, each.old, each.new) for each in groups}
    assert (
        "spec.containers[notebook].workingDir", "/home/USERNAME", "/u/USERNAME",
    ) in values  # fmt: skip
    assert (
        "data.passwd",
        "USERNAME:x:UID:GID:NAME:/home/USERNAME:/bin/bash\n",
        "USERNAME:x:UID:GID:NAME:/u/USERNAME:/bin/bash\n",
    ) in values


def test_of_texts_only_the_lines_that_differ_are_told() -> None:
    base = {"basePasswd": "root:x:0:0::/root:/bin/sh\n"}
    ((labs, each),) = rollout(nss=base).groups()
    assert labs == 3
    assert each.old == "root:x:0:0:root:/root:/bin/bash\n"
    assert each.new == "root:x:0:0::/root:/bin/sh\n"


def test_the_users_numbers_are_alike_if_they_are_telling() -> None:
    annotations = {"example.org/range": "{{ uid }}/{{ gid }}"}
    values = {each.new: labs for labs, each in rollout(namespaceAnnotations=annotations).groups()}
    assert values == {"UID/UID": 1, "UID/600": 1, "7/7": 1}


def test_a_username_is_not_found_in_other_words() -> None:
    lab = Person("lab", 4242, 4242)
    names = general(lab, name="lab-nb-pvc-lab", namespace="lab-lab")
    assert (names.object, names.namespace) == (
        "ConfigMap/USERNAME-nb-pvc-USERNAME",
        "lab-USERNAME",
    )
    values = general(lab, old="/labs/collab/lab", new=[{"lab": 1}, 4242])
    assert (values.old, values.new) == ("/labs/collab/USERNAME", [{"USERNAME": 1}, 4242])
    amounts = general(lab, old="4242", new="4243", is_quantity=True)
    assert (amounts.old, amounts.new) == ("4242", "4243")


def test_a_change_counts_once_for_a_lab() -> None:
    found = Rollout()
    found.add(USERS[0], [change(path="data.vera"), change(path="data.USERNAME")])
    assert [labs for labs, _ in found.groups()] == [1]
