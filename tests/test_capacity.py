from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import labs
import pytest

from labbuilder.errors import format_path
from labbuilder.validation import schemas
from labbuilder.validation.rules.lab.capacity import judge_capacity
from labbuilder.validation.rules.lab.memory_volumes import judge_memory_volumes
from labbuilder.validation.rules.target import Target

JUDGES = (judge_capacity, judge_memory_volumes)

Manifest = dict[str, Any]
Lab = list[Manifest]
"""A namespace, its quota of 4 cores and 8 GiB, and the pod: its notebook, an init container, and
the volumes ``tmp`` and ``lab-startup`` in memory."""

KINDS = ("Namespace", "ResourceQuota", "Pod")
QUOTA = {"notebook": {"cpu": 4, "memory": 8}}
NOTEBOOK = "2-Pod spec.containers[0].resources"
STARTUP = "2-Pod spec.initContainers[0].resources"
TMP, STARTUP_VOLUME = 6, 8
TOO_LARGE = f"2-Pod spec.volumes[{TMP}].emptyDir.sizeLimit memory-volumes-exceed-limit"


def manifests() -> Lab:
    objects = labs.lab(user={**labs.ARGUMENTS["user"], "quota": QUOTA})
    every = [copy.deepcopy(dict(each)) for each in objects.manifests()]
    return [each for each in every if each["kind"] in KINDS]


def found(lab: Lab) -> list[str]:
    for manifest in lab:
        assert schemas.check(manifest, schemas.NEWEST) == []
    return [
        f"{i}-{lab[i]['kind']} {format_path(complaint.at)} {complaint.rule.code}"
        for judge in JUDGES
        for i, complaint in judge(lab, Target())
    ]


def hard(**amounts: Any) -> Callable[[Lab], Any]:
    """Set the amounts of the quota; _ stands for a dot."""
    wanted = {name.replace("_", "."): amount for name, amount in amounts.items()}
    return lambda lab: lab[1]["spec"].update(hard=wanted)


def notebook(lab: Lab) -> Manifest:
    found: Manifest = lab[2]["spec"]["containers"][0]
    return found


def startup(lab: Lab) -> Manifest:
    found: Manifest = lab[2]["spec"]["initContainers"][0]
    return found


def container(name: str, cpu: str, **changes: Any) -> Manifest:
    amounts = {"cpu": cpu, "memory": "1Mi"}
    return {"name": name, "resources": {"limits": amounts, "requests": amounts}, **changes}


def limits(of: Callable[[Lab], Manifest], **amounts: str) -> Callable[[Lab], Any]:
    return lambda lab: of(lab)["resources"]["limits"].update(amounts)


def also(field: str, *containers: Manifest) -> Callable[[Lab], Any]:
    return lambda lab: lab[2]["spec"][field].extend(containers)


def drop(of: Callable[[Lab], Manifest], *steps: str) -> Callable[[Lab], Any]:
    def remove(lab: Lab) -> None:
        part = of(lab)
        for step in steps[:-1]:
            part = part[step]
        del part[steps[-1]]

    return remove


def more(lab: Lab, **changes: Any) -> None:
    """Add a quota of half a core."""
    spec = {"hard": {"limits.cpu": "500m"}, **changes}
    lab.append({**lab[1], "metadata": {**lab[1]["metadata"], "name": "more"}, "spec": spec})


def twin(lab: Lab) -> None:
    """Add a second pod of the same size."""
    pod = copy.deepcopy(lab[2])
    pod["metadata"]["name"] = "twin"
    lab.append(pod)


def moved(lab: Lab) -> None:
    """Move the quota to another namespace."""
    lab[1]["metadata"]["namespace"] = "labs-other"
    hard(limits_cpu="1m")(lab)


def whole(**resources: Any) -> Callable[[Lab], Any]:
    """Set amounts of the whole pod."""

    def name(lab: Lab) -> None:
        del startup(lab)["resources"]
        lab[2]["spec"]["resources"] = resources

    return name


def tmp(**directory: Any) -> Callable[[Lab], Any]:
    return lambda lab: lab[2]["spec"]["volumes"][TMP].update(emptyDir=directory)


def both(*mutations: Callable[[Lab], Any]) -> Callable[[Lab], Any]:
    def mutate(lab: Lab) -> None:
        for each in mutations:
            each(lab)

    return mutate


SIDECAR = container("sidecar", "2", restartPolicy="Always")

CASES: list[tuple[str, Callable[[Lab], Any], list[str]]] = [
    # Quotas. The notebook and the init container each have a limit of 1 core and request half.
    ("just-enough", hard(limits_cpu="1", limits_memory="4Gi"), []),
    ("just-enough-exactly", hard(limits_cpu="1000m", limits_memory="4294967296"), []),
    ("a-little-less", hard(limits_cpu="999m"), [f"{NOTEBOOK}.limits.cpu quota-exceeded"]),
    ("a-byte-less", hard(limits_memory="4294967295"),
     [f"{NOTEBOOK}.limits.memory quota-exceeded"]),
    ("requests", hard(requests_cpu="0.4"), [f"{NOTEBOOK}.requests.cpu quota-exceeded"]),
    ("requests-unprefixed", hard(cpu="400m", memory="1Gi"),
     [f"{NOTEBOOK}.requests.cpu quota-exceeded"]),
    ("requests-larger-first", hard(cpu="400m", requests_cpu="300m"),
     [f"{NOTEBOOK}.requests.cpu quota-exceeded"]),
    ("requests-smaller-first", hard(cpu="300m", requests_cpu="400m"),
     [f"{NOTEBOOK}.requests.cpu quota-exceeded"]),
    ("requests-memory", hard(requests_memory="1023Mi"),
     [f"{NOTEBOOK}.requests.memory quota-exceeded"]),
    ("request-is-the-limit",
     both(hard(requests_cpu="900m"), drop(notebook, "resources", "requests")),
     [f"{NOTEBOOK}.limits.cpu quota-exceeded"]),
    ("other-resources", hard(pods="1", limits_example="1"), []),
    ("nothing", lambda lab: lab[1].pop("spec"), []),
    ("notebook-grows", limits(notebook, cpu="5"), [f"{NOTEBOOK}.limits.cpu quota-exceeded"]),
    ("init-container-grows", limits(startup, cpu="5"), [f"{STARTUP}.limits.cpu quota-exceeded"]),
    ("side-by-side", also("containers", container("more", "3"), container("most", "3500m")),
     ["2-Pod spec.containers[2].resources.limits.cpu quota-exceeded"]),
    ("one-after-the-other", also("initContainers", container("b", "4"), container("c", "4")), []),
    ("sidecar-and-notebook", both(also("initContainers", SIDECAR), limits(notebook, cpu="2.001")),
     [f"{NOTEBOOK}.limits.cpu quota-exceeded"]),
    ("sidecar-fits", both(also("initContainers", SIDECAR), limits(notebook, cpu="2")), []),
    ("sidecar-before", also("initContainers", SIDECAR, container("b", "3")),
     ["2-Pod spec.initContainers[2].resources.limits.cpu quota-exceeded"]),
    ("sidecar-after", also("initContainers", container("b", "3"), SIDECAR), []),
    ("two-pods", both(hard(limits_cpu="1500m"), twin),
     ["3-Pod spec.containers[0].resources.limits.cpu quota-exceeded"]),
    ("two-pods-fit", both(hard(limits_cpu="2"), twin), []),
    ("two-quotas", more, [f"{NOTEBOOK}.limits.cpu quota-exceeded"]),
    ("a-quota-for-some", lambda lab: more(lab, scopes=["Terminating"]), []),
    ("a-quota-by-selector", lambda lab: more(lab, scopeSelector={"matchExpressions": [
        {"scopeName": "PriorityClass", "operator": "Exists"}]}), []),
    ("another-namespace", moved, []),
    ("unreadable", limits(notebook, cpu="much"), []),
    ("unreadable-quota", hard(limits_cpu="much"), []),
    # What a quota requires.
    ("no-limit", drop(notebook, "resources", "limits", "cpu"),
     [f"{NOTEBOOK}.limits.cpu quota-needs-resources"]),
    ("no-limits", drop(notebook, "resources", "limits"),
     [f"{NOTEBOOK}.limits.cpu quota-needs-resources",
      f"{NOTEBOOK}.limits.memory quota-needs-resources"]),
    ("no-resources-of-init-container", drop(startup, "resources"),
     [f"{STARTUP}.limits.cpu quota-needs-resources",
      f"{STARTUP}.limits.memory quota-needs-resources"]),
    ("no-request", both(hard(requests_cpu="4"), drop(notebook, "resources", "requests")), []),
    ("neither", both(hard(cpu="4"), drop(notebook, "resources")),
     [f"{NOTEBOOK}.requests.cpu quota-needs-resources"]),
    ("not-limited", both(hard(pods="4"), drop(notebook, "resources")), []),
    # Amounts of the pod itself.
    ("whole", whole(limits={"cpu": "2", "memory": "4Gi"}), []),
    ("whole-too-much", whole(limits={"cpu": "5"}),
     ["2-Pod spec.resources.limits.cpu quota-exceeded"]),
    ("whole-elsewhere", both(whole(limits={"memory": "4Gi"}), hard(limits_cpu="900m")),
     [f"{NOTEBOOK}.limits.cpu quota-exceeded"]),
    # Volumes in memory, of which there are 1 GiB and 640 KiB; the limit is 4 GiB.
    ("full", tmp(medium="Memory", sizeLimit="4193664Ki"), []),
    ("over-full", tmp(medium="Memory", sizeLimit="4193665Ki"), [TOO_LARGE]),
    ("no-size", tmp(medium="Memory"), [TOO_LARGE]),
    ("no-size-but-zero", tmp(medium="Memory", sizeLimit="0"), [TOO_LARGE]),
    ("on-disk", tmp(sizeLimit="1Ti"), []),
    ("on-disk-without-size", tmp(), []),
    ("limit-too-low", limits(notebook, memory="1Gi"), [TOO_LARGE]),
    ("init-container-is-gone", both(limits(notebook, memory="1Gi"), limits(startup, memory="8Gi")),
     [TOO_LARGE]),
    ("sidecar-is-large", both(
        limits(notebook, memory="1Gi"), limits(startup, memory="2Gi"),
        lambda lab: startup(lab).update(restartPolicy="Always")), []),
    ("unlimited", both(hard(), drop(notebook, "resources"), tmp(medium="Memory", sizeLimit="1Ti")),
     []),
    ("whole-limit", both(
        whole(limits={"memory": "1Gi"}), drop(notebook, "resources")), [TOO_LARGE]),
    ("no-volumes", lambda lab: lab[2]["spec"].pop("volumes"), []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("mutate", "expected"), [pytest.param(*rest, id=name) for name, *rest in CASES]
)
def test_capacity(mutate: Callable[[Lab], Any], expected: list[str]) -> None:
    lab = manifests()
    mutate(lab)
    assert found(lab) == expected


def test_untouched() -> None:
    assert found(manifests()) == []
    assert found([dict(each) for each in labs.lab().manifests()]) == []


def test_bare_pod() -> None:
    assert list(judge_capacity([{"kind": "Pod", "metadata": {"name": "bare"}}], Target())) == []


def test_words() -> None:
    lab = manifests()
    limits(notebook, cpu="4.5", memory="8.5Gi")(lab)
    tmp(medium="Memory", sizeLimit="9Gi")(lab)
    lab[2]["spec"]["volumes"][STARTUP_VOLUME]["emptyDir"]["sizeLimit"] = "512Mi"
    assert [complaint.message for judge in JUDGES for _, complaint in judge(lab, Target())] == [
        "the pod needs 4.5 of limits.cpu, but quota 'vera-nb' has 4 left",
        "the pod needs 8.5Gi of limits.memory, but quota 'vera-nb' has 8Gi left",
        (
            "volumes in memory may use 9.5Gi together, more than the memory limit of 8.5Gi: "
            "a lab that fills them is killed"
        ),
    ]


def test_an_amount_beyond_all_bounds_is_capped() -> None:
    manifests = labs.lab().manifests()
    (pod,) = (each for each in manifests if each["kind"] == "Pod")
    huge = {"name": "huge", "emptyDir": {"medium": "Memory", "sizeLimit": "1E500"}}
    pod["spec"]["volumes"].append(huge)
    for container in pod["spec"]["containers"]:
        container["resources"]["limits"] = {"cpu": "1E500", "memory": "1E500"}
    (found,) = (each for judge in JUDGES for _, each in judge(manifests, Target()))
    assert found.rule.code == "memory-volumes-exceed-limit"
