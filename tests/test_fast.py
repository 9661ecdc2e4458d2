"""The shortcuts change no result: a warm compiler agrees with one that takes the plain way.

``LABS=20000 pytest tests/test_fast.py`` compares more labs than CI does.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from labs import arguments
from pydantic import SecretStr

from labbuilder import LabBuilderError, LabCompiler, models
from labbuilder.cache import BoundedCache
from labbuilder.lab.plan import MAX_CACHED_PLANS
from labbuilder.lab.verdicts import GUARDS
from labbuilder.models.image import ContainerImage, PullPolicy
from labbuilder.models.user import Group
from labbuilder.names import MAX_ID
from labbuilder.validation import rules
from labbuilder.validation.rules.fields.contents import MAX_DATA_BYTES
from labbuilder.validation.rules.fields.naming import MAX_ANNOTATIONS_BYTES

Lab = dict[str, Any]
COUNT = int(os.environ.get("LABS", "2000"))

CLAIM = {
    "type": "persistentVolumeClaim",
    "accessModes": ["ReadWriteMany"],
    "resources": {"requests": {"storage": "1Gi"}},
}
SITES: dict[str, Lab] = {
    "plain": {},
    "clean": {"volumes": [{"name": "home", "source": {"type": "emptyDir"}}]},
    "claims": {
        "namespacePrefix": "a" * 50,
        "volumes": [{"name": "home", "source": CLAIM}],
        "secrets": [{"secretName": "s", "secretKey": "password", "env": "PASSWORD"}],
    },
    "everything": {
        "pullSecret": "pull-secret",
        "standardInithome": True,
        "files": {"/etc/motd": "Clear skies!\n", "/etc/large": "x" * 200_000},
        "namespaceAnnotations": {
            "example.org/uid": "{{ uid }}",
            "example.org/root": "{% if uid > 1000 %}many{% else %}{{ gid }}{% endif %}",
        },
        "extraAnnotations": {"controller.kubernetes.io/pod-deletion-cost": "none"},
        "nss": {"basePasswd": "root:x:0:0:root:/root:/bin/sh"},
        "env": {"RSP_SITE_TYPE": "science"},
        "tolerations": [{"operator": "Exists", "tolerationSeconds": 5}],
        "homedirPrefix": "/u/ä b",
        "homedirSchema": "initialThenUsername",
    },
}

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ name }}, namespace: {{ namespace }}"
SERVICE = '{% extends "labbuilder/service.yaml" %}{% block spec %}\n'
SUPER = "{{ super() }}{% endblock %}"
FRAGMENTS: dict[str, dict[str, str]] = {
    "none": {},
    "a service named by the user": {
        "service.yaml": "apiVersion: v1\nkind: Service\n"
        'metadata: {{ fragment("metadata", name=names.username) }}\n'
        "spec: {ports: [{port: {{ port }}}], selector: {{ selector }}}\n"
    },
    "a value in a label": {
        "config-map.yaml": HEAD + ", labels: {home: {{ notebook.working_dir }}}}\ndata: {{ data }}"
    },
    "a value twice": {
        "config-map.yaml": HEAD + ", annotations: {{ data }}}\ndata: {{ data }}",
    },
    "a condition": {
        "service.yaml": SERVICE + "{% if uid > 1000 %}  type: ClusterIP\n{% endif %}" + SUPER,
    },
    "an unknown field": {"service.yaml": SERVICE + "  prots: []\n" + SUPER},
    "an unknown field for some": {
        "service.yaml": SERVICE + "{% if uid > 1000 %}  prots: []\n{% endif %}" + SUPER,
    },
    "an undefined name": {"service.yaml": "a: {{ nothing }}"},
    "no mapping": {"service.yaml": "{{ uid }}"},
    "a pod in the node's network": {
        "pod.yaml": SERVICE.replace("service", "pod") + "  hostNetwork: true\n" + SUPER,
    },
}

USERNAMES = (
    "vera", "1a", "a", "0-0a", "no", "1e3", "anything", "jupyterhub", "lab", "pull-secret", "nb",
    "vera-nb", "v" * 12, "v" * 13, "v" * 58, "v" * 63, "v" * 64, "Vera", "labs-vera", "",
)  # fmt: skip
TEXTS = ("", "x", "Vera: x\nroot:x:0:0", "😀" * 9, "1928", "vera", "$(HOME)", "\x00", "\ud800")
IDS = (1, 7, 1928, MAX_ID, MAX_ID + 1, 0, -1, 2**64)
BASE64 = ("dG9rZW4=", "bm9wZQ==", "eyJhdXRocyI6eyJyIjp7fX19", "", "no base64", "YQ", "YQ==\n")


def around(rng: Random, limit: int) -> str:
    """Make text of about as many bytes as a limit, of narrow or of wide characters."""
    character = rng.choice(["x", "é", "😀"])
    share = rng.choice([limit, limit // 2, limit // 4, limit // 4 - 40])
    return character * (share // len(character.encode()) + rng.randint(-60, 10))


def name_user(rng: Random, lab: Lab) -> None:
    lab["user"]["username"] = rng.choice(USERNAMES)


def number_user(rng: Random, lab: Lab) -> None:
    lab["user"][rng.choice(["uid", "gid"])] = rng.choice(IDS)


def describe_user(rng: Random, lab: Lab) -> None:
    large = rng.random() < 0.3
    lab["user"]["name"] = around(rng, MAX_ANNOTATIONS_BYTES) if large else rng.choice(TEXTS)


def group_user(rng: Random, lab: Lab) -> None:
    count = rng.choice([0, 1, 1, 300])
    lab["user"]["groups"] = [
        {"name": f"g{i}", "id": rng.choice(IDS[:4]) if i else rng.choice(IDS)}
        for i in range(count)
    ]


def limit_user(rng: Random, lab: Lab) -> None:
    amounts = [0, 0.1, 1, 4, 1e-7, 9]
    quota = {"cpu": rng.choice(amounts), "memory": rng.choice(amounts)}
    lab["user"]["quota"] = rng.choice([None, {"notebook": quota}])


def ask(rng: Random, lab: Lab) -> None:
    large = rng.random() < 0.3
    name = rng.choice(["A", "1", "DEBUG", "a b", "x" * 300])
    lab["lab"]["env"][name] = around(rng, MAX_DATA_BYTES) if large else rng.choice(TEXTS)
    lab["lab"]["options"] = {
        "size": rng.choice(["small", "large", "huge"]),
        "enable_debug": rng.random() < 0.5,
    }


def keep_secrets(rng: Random, lab: Lab) -> None:
    lab["secrets"]["token"] = rng.choice(BASE64)
    lab["secrets"][rng.choice(["password", "k", "a b"])] = rng.choice(BASE64)
    if rng.random() < 0.2:
        lab["secrets"]["large"] = base64.b64encode(around(rng, MAX_DATA_BYTES).encode()).decode()


def pull(rng: Random, lab: Lab) -> None:
    types = ["kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg", "Opaque", "a" * 9]
    data = {rng.choice([".dockerconfigjson", ".dockercfg", "k"]): rng.choice(BASE64)}
    secret = {"type": rng.choice(types), "data": rng.choice([data, {}])}
    lab["pull_secret"] = rng.choice([None, secret, secret])


def choose_image(rng: Random, lab: Lab) -> None:
    repository = rng.choice(["a/b", "xn--bcher-kva.example:5000/lab/notebook", "A/b"])
    lab["image"] = f"registry.example/{repository}:w_1@sha256:{'0a' * 32}"


def discover(rng: Random, lab: Lab) -> None:
    large = rng.random() < 0.3
    lab["site"]["discovery"] = {"a": around(rng, MAX_DATA_BYTES) if large else rng.choice(TEXTS)}


CHANGES: tuple[Callable[[Random, Lab], None], ...] = (
    name_user, number_user, describe_user, group_user, limit_user, ask, keep_secrets, pull,
    choose_image, discover,
)  # fmt: skip


def adversarial(rng: Random) -> Lab:
    lab = arguments(secrets={"password": BASE64[0]})
    del lab["config"]
    for change in rng.sample(CHANGES, rng.choice([0, 1, 1, 1, 2, 3])):
        change(rng, lab)
    if rng.random() < 0.2:
        forge(rng, lab)
    return lab


def forge(rng: Random, lab: Lab) -> None:
    """Replace an argument by a model that nobody has validated."""
    given = arguments()
    keys = ["token", "a b", "A"]
    texts = {key: rng.choice(BASE64) for key in rng.sample(keys, 2)}
    users: list[Lab] = [
        {"username": rng.choice(["a_b", "-a", "a.b", "A", "v" * 64, "v" * 250])},
        {rng.choice(["uid", "gid"]): rng.choice([*IDS, True, "7"])},
        {"groups": (Group.model_construct(name="g", id=rng.choice(IDS)),)},
    ]
    forged: dict[str, Callable[[], Any]] = {
        "user": lambda: models.User.model_validate(given["user"]).model_copy(
            update=rng.choice(users)
        ),
        "lab": lambda: models.LabSpecification.model_validate(given["lab"]).model_copy(
            update={"env": texts}
        ),
        "secrets": lambda: models.SecretData.model_construct(
            root={key: SecretStr(text) for key, text in texts.items()}
        ),
        "image": lambda: models.Image.model_validate(given["image"]).model_copy(
            update={"tag": rng.choice(["", "a b", "w_1"])}
        ),
        "site": lambda: models.Site.model_validate(given["site"]).model_copy(
            update={"controller_image": ContainerImage.model_construct(
                repository=rng.choice(["a", "A b"]),
                tag="1",
                pull_policy=rng.choice([*PullPolicy, SimpleNamespace(value="Seldom")]),
            )}
        ),
    }  # fmt: skip
    for name in rng.sample(list(forged), rng.choice([1, 1, 2])):
        lab[name] = forged[name]()


def outcome(compiler: LabCompiler, lab: Lab) -> tuple[str, Any]:
    """Give the manifests, in their order and of their types, and all findings."""
    try:
        objects = compiler.compile(**lab)
    except LabBuilderError as error:
        return "", tuple(error.findings)
    return json.dumps(objects.manifests()), objects.warnings


def compilers(config: Lab, templates: Any = None) -> tuple[LabCompiler, LabCompiler]:
    whole = arguments(config=config)["config"]
    warm = LabCompiler(whole, templates=templates)
    given = arguments(secrets={"password": BASE64[0]})
    del given["config"]
    for username in ("vera", "caroline", "nina"):
        outcome(warm, {**given, "user": {**given["user"], "username": username}})
    return warm, LabCompiler(whole, templates=templates, fast=False)


@pytest.mark.parametrize("site", SITES)
def test_adversarial_labs_come_out_the_same_with_and_without_the_shortcuts(site: str) -> None:
    rng = Random(f"seed of {site}")  # noqa: S311 (no secret)
    warm, plain = compilers(SITES[site])
    outcomes = set()
    for _ in range(COUNT // len(SITES)):
        lab = adversarial(rng)
        found = outcome(warm, lab)
        assert found == outcome(plain, lab)
        outcomes.add((bool(found[0]), *sorted({each.code for each in found[1]})))
    assert len(outcomes) > 5, "or else the labs would be too much alike"


@pytest.mark.parametrize("fragments", FRAGMENTS)
def test_odd_fragments_come_out_the_same_with_and_without_the_shortcuts(fragments: str) -> None:
    rng = Random(f"seed of {fragments}")  # noqa: S311 (no secret)
    warm, plain = compilers({}, FRAGMENTS[fragments])
    for _ in range(COUNT // 30):
        lab = adversarial(rng)
        assert outcome(warm, lab) == outcome(plain, lab)


def test_every_rule_that_reads_the_form_of_values_has_a_guard() -> None:
    guarded = {code for code, rule in rules.RULES.items() if rule.guarded}
    assert GUARDS.keys() == guarded


def test_every_rule_declares_how_it_depends_on_the_values_of_a_lab() -> None:
    with pytest.raises(TypeError, match="'guarded'"):
        rules.Rule("new-rule", "it says nothing of guards", "")  # type: ignore[call-arg]


def test_a_cache_evicts_its_oldest_entry() -> None:
    cache: BoundedCache[int, str] = BoundedCache(2)
    for number in range(4):
        cache[number] = str(number)
        cache[number] = str(number)
    assert cache == {2: "2", 3: "3"}


def test_the_types_of_pull_secrets_do_not_fill_the_memory() -> None:
    lab = arguments()
    compiler = LabCompiler(lab.pop("config"))
    for number in range(MAX_CACHED_PLANS + 2):
        compiler.compile(**lab, pull_secret={"type": f"type-{number}", "data": {"a": "YQ=="}})
    plans = compiler._plans._plans  # type: ignore[union-attr]  # noqa: SLF001 (to look inside)
    assert len(plans) == MAX_CACHED_PLANS
