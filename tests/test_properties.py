"""Laws that hold for every lab."""

from __future__ import annotations

import copy
import json
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
import strategies
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from labbuilder import LabObjects, compile_lab, data, documents, models
from labbuilder.cache import BoundedCache
from labbuilder.fragments import Fragments, skeleton
from labbuilder.models.lab import FLAGS
from labbuilder.names import printable
from labbuilder.output import to_yaml
from labbuilder.validation import rules, schemas

Arguments = dict[str, Any]
Path = tuple[str | int, ...]

law = settings(max_examples=500)
labs = given(strategies.arguments())


def as_models(arguments: Arguments) -> Arguments:
    kinds: dict[str, Any] = {
        "config": models.LabConfig,
        "site": models.Site,
        "user": models.User,
        "lab": models.LabSpecification,
        "image": models.Image,
        "secrets": models.SecretData,
        "pull_secret": models.PullSecret,
    }
    return {
        name: kinds[name].model_validate(value) if value is not None and name in kinds else value
        for name, value in arguments.items()
    }


def mutable_parts(value: Any) -> Iterator[Any]:
    """Walk everything that could be changed, models' own dicts and lists included."""
    if isinstance(value, BaseModel):
        yield from mutable_parts(vars(value))
    elif isinstance(value, dict | list | tuple):
        if not isinstance(value, tuple):
            yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from mutable_parts(item)


def ids(*values: Any) -> set[int]:
    return {id(part) for value in values for part in mutable_parts(value)}


def walk(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from walk(item)


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def containers(lab: LabObjects) -> list[dict[str, Any]]:
    spec = lab.pod["spec"]
    return [*spec["containers"], *spec["initContainers"]]


def expected(arguments: Arguments) -> Iterator[tuple[str, Path, Any]]:
    """List where the inputs' values must come back: the object, the path in it, the value."""
    config, user, lab = arguments["config"], arguments["user"], arguments["lab"]
    for name, text in {**lab["env"], **config.get("env", {})}.items():
        if name not in FLAGS.values():  # the options may have set them
            yield "env", ("data", name), text
    yield "env", ("data", "EXTERNAL_INSTANCE_URL"), arguments["site"]["baseUrl"]
    if config.get("jupyterlabConfigDir"):
        yield "env", ("data", "JUPYTERLAB_CONFIG_DIR"), config["jupyterlabConfigDir"]
    image = arguments["image"]
    if isinstance(image, dict) and image.get("displayName"):
        yield "env", ("data", "IMAGE_DESCRIPTION"), image["displayName"]
    for key, text in config.get("namespaceAnnotations", {}).items():
        if "{" not in text:
            yield "namespace", ("metadata", "annotations", key), text
    yield "secret", ("data",), arguments["secrets"]
    for key, value in (arguments["pull_secret"] or {}).items():
        yield "pull", (key,), value
    for path, value in expected_in_pod(config, user):
        yield "pod", path, value


def expected_in_pod(
    config: Mapping[str, Any], user: Mapping[str, Any]
) -> Iterator[tuple[Path, Any]]:
    annotations: Path = ("metadata", "annotations")
    if user.get("name"):
        yield (*annotations, "nublado.lsst.io/user-name"), user["name"]
    for key, text in config.get("extraAnnotations", {}).items():
        yield (*annotations, key), text
    if config.get("application"):
        yield ("metadata", "labels", "argocd.argoproj.io/instance"), config["application"]
    for key, text in config.get("nodeSelector", {}).items():
        yield ("spec", "nodeSelector", key), text
    for i, toleration in enumerate(config.get("tolerations", ())):
        for key, value in toleration.items():
            yield ("spec", "tolerations", i, key), value
    notebook: Path = ("spec", "containers", 0)
    if "labStartCommand" in config:
        yield (*notebook, "args"), config["labStartCommand"]
    yield from expected_mounts(notebook, config.get("volumeMounts", ()))
    first = 1 if config.get("standardInithome") else 0
    for i, container in enumerate(config.get("initContainers", ()), first):
        place: Path = ("spec", "initContainers", i)
        yield (*place, "name"), container["name"]
        if container.get("command"):
            yield (*place, "command"), container["command"]
        yield from expected_mounts(place, container.get("volumeMounts", ()))


def expected_mounts(place: Path, mounts: Any) -> Iterator[tuple[Path, Any]]:
    for i, mount in enumerate(mounts):
        for field, name in (
            ("containerPath", "mountPath"), ("subPath", "subPath"), ("volumeName", "name")
        ):  # fmt: skip
            if mount.get(field):
                yield (*place, "volumeMounts", i, name), mount[field]


def filled(value: Any) -> Any:
    """Leave out what is empty and means nothing by it."""
    if isinstance(value, list):
        return [filled(item) for item in value]
    if not isinstance(value, dict):
        return value
    items = {key: filled(item) for key, item in value.items()}
    selectors = ("labelSelector", "namespaceSelector")
    return {k: v for k, v in items.items() if k in selectors or v not in ({}, [])}


def by_part(lab: LabObjects) -> dict[str, Any]:
    return {
        "namespace": lab.namespace,
        "env": lab.env_config_map,
        "secret": lab.secrets[0],
        "pull": lab.secrets[-1],
        "pod": lab.pod,
    }


@law
@labs
def test_every_value_comes_back_as_it_was(arguments: Arguments) -> None:
    lab, config = compile_lab(**arguments), arguments["config"]
    objects = by_part(lab)
    found = [(part, path, at(objects[part], path)) for part, path, _ in expected(arguments)]
    assert found == list(expected(arguments))
    spec, files = lab.pod["spec"], lab.config_maps[1]["data"]
    assert filled(spec.get("affinity", {})) == filled(config.get("affinity", {}))
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    mounts = {mount["mountPath"]: mount for mount in spec["containers"][0]["volumeMounts"]}
    for path, content in config.get("files", {}).items():
        (item,) = volumes[mounts[path]["name"]]["configMap"]["items"]
        assert files[item["key"]] == content
        assert item["path"] == mounts[path]["subPath"] == posixpath.basename(path)
    assert json.loads(files["discovery-v1-json"]) == arguments["site"]["discovery"]


@law
@given(arguments=strategies.arguments(), secret=st.uuids().map(str))
def test_no_value_is_ever_yaml_text(arguments: Arguments, secret: str) -> None:
    """Labels apart, every text is made one of a kind and looked for in what is parsed."""
    config = arguments["config"]
    for mapping in (
        config.get("env", {}), config.get("files", {}), config.get("extraAnnotations", {}),
        config.get("namespaceAnnotations", {}), arguments["lab"]["env"],
    ):  # fmt: skip
        for key, text in mapping.items():
            if key not in {"RSP_SITE_TYPE", *FLAGS.values()}:
                mapping[key] = text + secret
    config["labStartCommand"] = [secret, f"a: {secret}\nevil: true"]
    config["jupyterlabConfigDir"] = f"/{secret}"
    config["nodeSelector"] = {f"example.org/{secret}": secret}
    for mount in config.get("volumeMounts", ()):
        mount["containerPath"] += secret
        mount["subPath"] = secret
    arguments["user"]["name"] = f"{secret}\nevil: true"
    arguments["site"]["discovery"] = {secret: secret}
    parsed: list[str] = []

    def load(text: str, name: str, **options: Any) -> list[documents.Document]:
        parsed.append(text)
        return documents.load(text, name, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(skeleton, "load", load)
        patch.setattr("labbuilder.fragments.load._shipped", lambda: UNCACHED)
        lab = compile_lab(**arguments)
    assert parsed
    assert secret in str(lab.pod)
    assert not [text for text in parsed if secret in text]


class Uncached(Fragments):
    """Fragments that parse every text that they render."""

    def __init__(self) -> None:
        super().__init__(data.TEMPLATES)
        self._skeletons = BoundedCache(0)


UNCACHED = Uncached()


@law
@labs
def test_inputs_are_left_alone_and_share_nothing_with_results(arguments: Arguments) -> None:
    results: list[LabObjects] = []
    for given_arguments in (arguments, as_models(arguments)):
        before = copy.deepcopy(given_arguments)
        first = compile_lab(**given_arguments)
        second = compile_lab(**given_arguments)
        assert given_arguments == before
        assert first == second
        inputs = ids(given_arguments)
        one, other = ids(*first.manifests()), ids(*second.manifests())
        assert one.isdisjoint(other)
        assert inputs.isdisjoint(one | other)
        results.append(first)
    assert results[0] == results[1]


DECIDERS: dict[tuple[str, str], tuple[Any, Any]] = {}


def deciders(version: str, kind: str) -> tuple[Any, Any]:
    if (version, kind) not in DECIDERS:
        bundle = json.loads(data.SCHEMAS[f"v{version}.json"])
        schema = {"$schema": bundle["$schema"], "$defs": bundle["$defs"], **bundle["kinds"][kind]}
        DECIDERS[version, kind] = (
            jsonschema_rs.validator_for(schema),
            jsonschema.validators.validator_for(schema)(schema),
        )
    return DECIDERS[version, kind]


@law
@given(arguments=strategies.arguments(), explained=st.sampled_from(schemas.VERSIONS))
def test_every_manifest_is_valid_for_every_version(arguments: Arguments, explained: str) -> None:
    """By the fast validator for all versions, by the slow one for one of them."""
    for manifest in compile_lab(**arguments).manifests():
        kind = f"{manifest['apiVersion']}/{manifest['kind']}"
        for version in schemas.VERSIONS:
            assert deciders(version, kind)[0].is_valid(manifest)
        assert deciders(explained, kind)[1].is_valid(manifest)


@law
@labs
def test_manifests_are_of_json_types_exactly(arguments: Arguments) -> None:
    manifests = compile_lab(**arguments).manifests()
    assert {type(part) for part in walk(manifests)} <= {dict, list, str, int, float, bool}
    assert json.loads(json.dumps(manifests, allow_nan=False)) == manifests


@law
@labs
def test_yaml_reads_back_as_the_manifests(arguments: Arguments) -> None:
    manifests = compile_lab(**arguments).manifests()
    assert list(yaml.safe_load_all(to_yaml(manifests))) == manifests


@law
@labs
def test_every_mount_has_its_volume_and_a_place_of_its_own(arguments: Arguments) -> None:
    lab = compile_lab(**arguments)
    volumes = [volume["name"] for volume in lab.pod["spec"]["volumes"]]
    assert len(set(volumes)) == len(volumes)
    mounted = set()
    for container in containers(lab):
        mounts = container.get("volumeMounts", [])
        paths = [posixpath.normpath("/" + mount["mountPath"].lstrip("/")) for mount in mounts]
        assert len(set(paths)) == len(paths)
        mounted |= {mount["name"] for mount in mounts}
    assert mounted == set(volumes)
    names = [container["name"] for container in containers(lab)]
    assert len(set(names)) == len(names)


@law
@labs
def test_everything_that_is_named_exists(arguments: Arguments) -> None:
    lab = compile_lab(**arguments)
    maps = {each["metadata"]["name"]: each for each in [lab.env_config_map, *lab.config_maps]}
    claims = [claim["metadata"]["name"] for claim in lab.pvcs]
    (secret, *_) = lab.secrets
    named = []
    for volume in lab.pod["spec"]["volumes"]:
        source = volume.get("configMap")
        if source:
            keys = {item["key"] for item in source.get("items", [])}
            assert keys <= set(maps[source["name"]]["data"])
        if "secret" in volume:
            assert volume["secret"]["secretName"] == secret["metadata"]["name"]
        if "persistentVolumeClaim" in volume:
            named.append(volume["persistentVolumeClaim"]["claimName"])
    assert named == claims
    objects = [(each["kind"], each["metadata"]["name"]) for each in lab.manifests()]
    assert len(set(objects)) == len(objects)
    for container in containers(lab):
        for variable in container["env"]:
            reference = variable.get("valueFrom", {}).get("secretKeyRef")
            if reference:
                assert reference["name"] == secret["metadata"]["name"]
                assert reference["key"] in secret["data"]
        names = [variable["name"] for variable in container["env"]]
        assert len(set(names)) == len(names)


@law
@labs
def test_passwd_and_group_get_whole_lines_whatever_the_names(arguments: Arguments) -> None:
    user, nss = arguments["user"], arguments["config"].get("nss", {})
    files = compile_lab(**arguments).config_maps[0]["data"]
    (line,) = added(nss.get("basePasswd", "root:x:0:0:root:/root:/bin/bash\n"), files["passwd"])
    fields = line.split(":")
    assert len(fields) == 7
    assert fields[:5] == [
        user["username"], "x", str(user["uid"]), str(user["gid"]),
        printable(user.get("name") or ""),
    ]  # fmt: skip
    groups = list(user.get("groups", []))
    if all(group["id"] != user["gid"] for group in groups):
        groups.append({"name": user["username"], "id": user["gid"]})
    lines = added(nss.get("baseGroup", "root:x:0\n"), files["group"])
    assert [line.split(":") for line in lines] == [
        [
            group["name"], "x", str(group["id"]),
            "" if group["id"] == user["gid"] else user["username"],
        ]
        for group in groups
    ]  # fmt: skip


def added(base: str, text: str) -> list[str]:
    """List the lines after the base, however a program splits text into lines."""
    if base and not base.endswith("\n"):
        base += "\n"
    assert text.startswith(base)
    rest = text.removeprefix(base)
    assert not rest or rest.endswith("\n")
    assert rest.splitlines() == rest.split("\n")[:-1]
    return rest.splitlines()


@pytest.mark.parametrize("folder", ["/", "//run", "/run//lab", "/run/./lab"])
@pytest.mark.parametrize("name", ["secrets", "environment", "runtime"])
def test_no_mount_takes_the_place_of_one_of_the_builders_own(folder: str, name: str) -> None:
    """However the folder is written."""
    place = posixpath.normpath(f"/{folder.lstrip('/')}/{name}")
    limits = {"cpu": 1, "memory": "1Gi"}
    config = {
        "namespacePrefix": "lab",
        "sizes": [{"size": "small", "resources": {"limits": limits, "requests": limits}}],
        "runtimeMountsDir": folder,
        "volumes": [{"name": "home", "source": {"type": "emptyDir"}}],
        "volumeMounts": [{"containerPath": place, "volumeName": "home"}],
    }
    with pytest.raises(ValueError, match="refused"):
        models.LabConfig.model_validate(config)


@settings(max_examples=1000)
@labs
def test_nothing_that_we_make_breaks_a_rule_unless_the_input_asks_for_it(
    arguments: Arguments,
) -> None:
    """By all versions; what is asked for on purpose is a warning, each for its reason."""
    config, lab = arguments["config"], compile_lab(**arguments)
    expected = {warning.code for warning in lab.warnings} - {"unused-pull-secret"}
    for version in schemas.VERSIONS:
        found = rules.check(lab.manifests(), rules.Target(version))
        assert {finding.code for each in found for finding in each} == expected
    quota = (arguments["user"].get("quota") or {}).get("notebook")
    pull_secret = arguments["pull_secret"]
    sources = {volume["source"]["type"] for volume in config["volumes"]}
    reasons = {
        "pod-security-waiver": sources & {"hostPath", "nfs"}
        or config.get("standardInithome")
        or any(each.get("privileged") for each in config.get("initContainers", ())),
        "quota-exceeded": quota,
        "missing-pull-secret": config.get("pullSecret") and not pull_secret,
        "useless-pull-secret": pull_secret,
        "matches-no-pods": config.get("affinity"),
        "empty-secret": pull_secret and not pull_secret["data"],
        # A limit below what labs themselves hold in memory, or a volume in memory of any size.
        "memory-volumes-exceed-limit": True,
    }
    assert [code for code in expected if not reasons.get(code)] == []
