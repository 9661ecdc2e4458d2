"""Whole labs, as a site and JupyterHub write them: valid by construction, and otherwise odd."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from labbuilder.models.lab import FLAGS
from labbuilder.names import has_invisible, is_config_map_key, normal_path, printable

__all__ = [
    "arguments",
    "configs",
    "images",
    "labs",
    "pull_secrets",
    "secrets",
    "sites",
    "texts",
    "users",
]

Dict = dict[str, Any]
Dicts = st.SearchStrategy[Dict]
Strings = st.SearchStrategy[str]

_TRAPS = [
    "", " ", "no", "~", "null", "true", "1e3", "0x1f", "0o17", "12:30", "-", "---", "<<", "*a",
    "&a", "!!int 1", "a: b", "x\nevil: true", "- a", "#", "a #b", "'", '"', "'a", '\\"', "|", ">",
    "{", "}", "[", "]", "{{ uid }}", "{% if %}", "{# #}", "%s", "{0.__class__}", "$(HOME)",
    "\ue0000\ue001", "\ue000", "\ue001", "\ufeff", "\u2028", "\x85", "\r\n", "\t", "\x1b[0m",
    "<b>&amp;</b>", "😀", "é", "a\tb", "\n", "a\n\n", "ends with:", "x" * 99,
]  # fmt: skip
texts = st.sampled_from(_TRAPS) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8
)
"""Any text that a lab may be given."""

_SHOWN = st.characters(exclude_categories=["C", "Z"], exclude_characters=":/")
_words = st.text(_SHOWN, min_size=1, max_size=6).filter(str.isprintable)
_steps = st.sampled_from(["a", "b c", ".x", "Ä", "{{ uid }}", "#", "'", "&a", "x.y"]) | _words
_steps = _steps.filter(lambda step: not step.startswith(".."))
_files = st.sampled_from(["dask.yaml", "dask_yaml", "Dask.YAML", "-", "_", "ß", "v1.json", "motd"])
_file_names = _files | _steps.filter(lambda step: step != ".")
_labels = st.text("az09", min_size=1, max_size=4) | st.sampled_from(["a-b", "0--9", "no", "1e3"])
_keys = st.text("aB9-._", min_size=1, max_size=5).filter(is_config_map_key)
_variables = st.text("aB9-._", max_size=4).map("v{}".format)
_some_values = st.text("aB9", min_size=1, max_size=3) | st.sampled_from(
    ["no", "1e3", "0x1f", "true", "a.b_C-9"]
)
_label_values = _some_values | st.just("")
_label_keys = st.builds(
    str.__add__, st.sampled_from(["", "example.org/", "a.b-c.example/"]), _some_values
)
_ids = st.sampled_from([1, 1000, 2**31 - 1]) | st.integers(1, 70000)
_flags = st.booleans()
_durations = st.sampled_from(["2h", "90m", "1h30m", "3d", "45", 1, 3600, 1.5, "2 weeks"])


def _some(
    items: st.SearchStrategy[Any], least: int = 0, most: int = 2, by: Any = None
) -> st.SearchStrategy[list[Any]]:
    return st.lists(items, min_size=least, max_size=most, unique_by=by)


def _record(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> Dicts:
    return st.fixed_dictionaries(dict(required), optional=dict(optional or {}))


def _paths(root: str, last: Strings = _steps, most: int = 3) -> st.SearchStrategy[list[str]]:
    """Make absolute paths below `root`, no two of them the same place."""
    folders = st.sampled_from(["/", "//", "/./", "/etc/", "/opt/a b/"])
    return _some(st.builds(lambda a, b: root + a + b, folders, last), 0, most, normal_path)


_path = _paths("/p").filter(bool).map(lambda paths: paths[0])

_storage = st.sampled_from(["10Gi", "1.5G", 1000, "1"])
_access_modes = _some(st.sampled_from(["ReadOnlyMany", "ReadWriteMany"]), 1, 2, str)
_sources = st.one_of(
    _record({"type": st.just("hostPath"), "path": _path}),
    _record({"type": st.just("nfs"), "server": _words, "serverPath": _path}, {"readOnly": _flags}),
    _record(
        {
            "type": st.just("persistentVolumeClaim"),
            "accessModes": _access_modes,
            "resources": _record({"requests": _record({"storage": _storage})}),
        },
        {"storageClassName": _labels, "readOnly": _flags},
    ),
    _record(
        {"type": st.just("emptyDir")},
        {
            "medium": st.sampled_from(["memory", "disk", "Memory", ""]),
            "size": st.sampled_from(["16Mi", 1024, "0.75Gi"]),
        },
    ),
)

_terms = _record(
    {},
    {
        "matchExpressions": _some(
            _record({"key": _label_keys, "operator": st.just("Exists")})
            | _record(
                {
                    "key": _label_keys,
                    "operator": st.sampled_from(["In", "NotIn"]),
                    "values": _some(_label_values, 1),
                }
            )
        )
    },
)
_node_names = st.sampled_from(["node-1", "9.a-b.example", "no", "1e3"])
_node_terms = _terms | _record(
    {
        "matchFields": _some(
            _record(
                {
                    "key": st.just("metadata.name"),
                    "operator": st.sampled_from(["In", "NotIn"]),
                    "values": _some(_node_names, 1, 1),
                }
            )
        )
    }
)
_selectors = st.one_of(
    _terms, _record({"matchLabels": st.dictionaries(_label_keys, _label_values, max_size=2)})
)
_about_namespaces = {"namespaceSelector": _selectors, "namespaces": _some(_labels)}
# No key of a selector is one of these.
_matched = st.sampled_from(["match.example/a", "match.example/1e3"])
_mismatched = st.sampled_from(["mismatch.example/a", "no"]) | _label_keys
_pod_terms = _record(
    {"topologyKey": _label_keys}, {"labelSelector": _selectors, **_about_namespaces}
) | _record(
    {"topologyKey": _label_keys, "labelSelector": _selectors},
    {
        **_about_namespaces,
        "matchLabelKeys": _some(_matched),
        "mismatchLabelKeys": _some(_mismatched),
    },
)
_weights = st.integers(1, 100)
_required = "requiredDuringSchedulingIgnoredDuringExecution"
_preferred = "preferredDuringSchedulingIgnoredDuringExecution"
_pod_affinities = _record(
    {},
    {
        _required: _some(_pod_terms),
        _preferred: _some(_record({"podAffinityTerm": _pod_terms, "weight": _weights})),
    },
)
_affinities = _record(
    {},
    {
        "nodeAffinity": _record(
            {},
            {
                _required: _record({"nodeSelectorTerms": _some(_node_terms, 1)}),
                _preferred: _some(_record({"preference": _node_terms, "weight": _weights})),
            },
        ),
        "podAffinity": _pod_affinities,
        "podAntiAffinity": _pod_affinities,
    },
)
_taints: Dict = {"effect": st.sampled_from(["NoSchedule", "PreferNoSchedule", "NoExecute"])}
_tolerations = st.one_of(
    _record(
        {"key": _label_keys, "value": _some_values}, {**_taints, "operator": st.just("Equal")}
    ),
    _record({"operator": st.just("Exists")}, {**_taints, "key": _label_keys}),
    _record(
        {
            "operator": st.just("Exists"),
            "effect": st.just("NoExecute"),
            "tolerationSeconds": st.sampled_from([0, -1, 120, 2**63 - 1]),
        }
    ),
)

_tags = st.sampled_from(["w_2077_43", "exp_r22_0_1_x", "1.4"]) | _some_values
_container_images = _record(
    {
        "repository": st.sampled_from(["registry.example/tools/init", "registry.example:5000/a"]),
        "tag": _tags,
    },
    {"pullPolicy": st.sampled_from(["Always", "IfNotPresent", "Never"])},
)

_CPU = [0, "1m", "250m", 0.5, "1", "1.234", 2.5, "4000m", 64]
_MEMORY = [0, "1", "64ki", 10**6, "0.75Gi", "1G", "1Gi", "3.5Gi", 2**40]
_SIZES = ["fine", "diminutive", "tiny", "small", "Medium", "LARGE", "huge", "gargantuan"]


@st.composite
def _size_definitions(draw: st.DrawFn) -> Dict:
    limits, requests = {}, {}
    for name, amounts in (("cpu", _CPU), ("memory", _MEMORY)):
        limit = draw(st.integers(1, len(amounts) - 1))
        limits[name] = amounts[limit]
        requests[name] = amounts[draw(st.integers(0, limit))]
    resources = {"limits": limits, "requests": requests}
    return {"size": draw(st.sampled_from(_SIZES)), "resources": resources}


def _mounts(names: list[str], root: str) -> st.SearchStrategy[list[Dict]]:
    sub_paths = st.sampled_from(["", "a/b", "a b", "{{ uid }}"]) | _steps
    details = _record(
        {"volumeName": st.sampled_from(names)}, {"subPath": sub_paths, "readOnly": _flags}
    )
    return _paths(root).flatmap(
        lambda paths: st.tuples(*[details] * len(paths)).map(
            lambda found: [
                {"containerPath": path, **detail}
                for path, detail in zip(paths, found, strict=True)
            ]
        )
    )


@st.composite
def _lab_secrets(draw: st.DrawFn) -> list[Dict]:
    paths = draw(_paths("/s"))
    keys = draw(_some(_keys.filter(lambda key: key != "token"), 0, 3, str))
    names = draw(_some(_variables, 0, 3, str))
    found: list[Dict] = [{"secretName": draw(_labels), "secretKey": key} for key in keys]
    for field, values in (("env", names), ("path", paths)):
        for secret, value in zip(found, values, strict=False):
            secret[field] = value
    return found


# Jinja makes every line end \n, and gives braces a meaning.
_plain = texts.filter(lambda text: "{" not in text and "\r" not in text)
_templates = _plain | st.sampled_from(
    ["{{ uid }}", "{{ uid }}:{{ gid }}", "{{ uid * 10 + gid }}/1", "{% if uid > 9 %}a{% endif %}"]
)


@st.composite
def configs(draw: st.DrawFn) -> Dict:
    """Make a configuration, in camelCase, with every optional part there or not."""
    names = draw(
        _some(
            _labels.map("v-{}".format) | st.just("home"),
            1,
            4,
            str,
        )
    )
    sizes = draw(_some(_size_definitions(), 1, 2, lambda size: size["size"].lower()))
    files = draw(_paths("/f", _file_names))
    config = {
        "namespacePrefix": draw(_labels),
        "sizes": sizes,
        "volumes": [{"name": name, "source": draw(_sources)} for name in names],
        "volumeMounts": draw(_mounts(names, "/m")),
        "secrets": draw(_lab_secrets()),
        "files": {path: draw(texts) for path in files},
        "env": draw(
            st.dictionaries(_variables, texts, max_size=3)
            | st.sampled_from([{"RSP_SITE_TYPE": "science"}, {"RSP_SITE_TYPE": "telescope"}])
        ),
        "initContainers": draw(
            _some(
                _record(
                    {"name": _labels.map("i-{}".format), "image": _container_images},
                    {
                        "command": _some(texts),
                        "privileged": _flags,
                        "volumeMounts": _mounts(names, "/i"),
                    },
                ),
                by=lambda container: container["name"],
            )
        ),
    }
    if "home" not in names or draw(_flags):
        config["homeVolumeName"] = draw(st.sampled_from(names))
    if draw(_flags):
        config["defaultSize"] = draw(st.sampled_from(sizes))["size"]
    # What is empty may as well be left out.
    absent = [key for key, value in config.items() if not value and draw(_flags)]
    return {
        **{key: value for key, value in config.items() if key not in absent},
        **draw(_choices),
    }


_choices = _record(
    {},
    {
        "activityInterval": _durations,
        "affinity": _affinities,
        "application": _label_values,
        "emptyDirSource": st.sampled_from(["memory", "disk"]),
        "extraAnnotations": st.dictionaries(_label_keys, texts, max_size=3),
        "homedirPrefix": _path | st.just("/home/"),
        "homedirSchema": st.sampled_from(["username", "initialThenUsername"]),
        "homedirSuffix": st.sampled_from(["", "/lab/", "a/b"]) | _steps,
        "jupyterlabConfigDir": _path,
        "labStartCommand": _some(texts, 1),
        "namespaceAnnotations": st.dictionaries(_label_keys, _templates, max_size=2),
        "nodeSelector": st.dictionaries(_label_keys, _label_values, max_size=2),
        "nss": _record({}, {"basePasswd": texts, "baseGroup": texts}),
        "pullSecret": _words,
        "runtimeMountsDir": st.sampled_from(["/etc/nublado", "/r/", "/", "/r//é"]),
        "standardInithome": _flags,
        "tolerations": _some(_tolerations),
        "deleteTimeout": _durations,
        "reconcileInterval": _durations,
        "spawnTimeout": _durations,
    },
)

_group_names = st.sampled_from(["a: b", "rubin", "no"]) | texts
_groups = _record(
    {
        "name": _group_names.filter(
            lambda name: (
                bool(name)
                and printable(name) == name
                and name[0] not in "+-#"
                and not has_invisible(name)
            )
        ),
        "id": _ids,
    }
)

_names = st.text("az09", max_size=3).map("{}zq".format) | st.sampled_from(
    ["no", "1e3", "0x1f", "true", "null", "9-az", "a-bc-d"]
)


def users() -> Dicts:
    """Make a user."""
    quotas = _record(
        {
            "cpu": st.sampled_from([0, 0.5, 1e-7, 2.125, 9]),
            "memory": st.sampled_from([0.25, 27, 1.1]),
        },
        {"spawn": st.just(value=True)},
    )
    return _record(
        {
            "username": _names,
            "uid": _ids,
            "gid": _ids,
        },
        {
            "name": st.none() | texts,
            "email": st.none() | texts,
            "groups": _some(_groups, 0, 3),
            "quota": st.none() | _record({}, {"notebook": st.none() | quotas, "api": st.just({})}),
        },
    )


def _posted(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values | values.map(lambda value: [value])


def labs(config: Mapping[str, Any]) -> Dicts:
    """Make a request for a lab, as a form posts it or as a program does."""
    sizes = st.sampled_from([size["size"] for size in config["sizes"]])
    flags = _posted(st.sampled_from([True, False, "true", "False"]))
    choices = {"size": _posted(sizes.map(str.title) | sizes.map(str.lower))}
    if "defaultSize" not in config:
        choices["size"] |= st.none()
    options = _record(
        {},
        {**choices, "enable_debug": flags, "reset_user_env": flags, "image_class": _posted(texts)},
    )
    images = _record({"image_list": _posted(texts), "image_dropdown": _posted(texts)})
    prefixes = st.sampled_from(["/nb/user/rachel/", "/", "/{{uid}}", "/é"])
    env = st.dictionaries(_variables | st.just("JUPYTERHUB_USER"), texts, max_size=3)
    told = _record({}, dict.fromkeys(FLAGS.values(), st.sampled_from(["TRUE", "true", "1", ""])))
    return _record(
        {
            "env": st.builds(
                lambda env, told, prefix: {**env, **told, "JUPYTERHUB_SERVICE_PREFIX": prefix},
                env,
                st.just({}) | told,
                prefixes,
            )
        },
        {"options": options | images},
    )


def images() -> st.SearchStrategy[Dict | str]:
    """Make a lab's image: its parts, or a reference."""
    digests = st.sampled_from(["sha256:" + "0a" * 32, "sha512:" + "f1" * 64])
    parts = {
        "registry": st.sampled_from(["registry.example", "registry.example:5000"]),
        "repository": st.sampled_from(["lab", "a/b__c", "a/b-c.d"]),
        "tag": _tags,
        "digest": digests,
    }
    references = st.builds("{registry}/{repository}:{tag}@{digest}".format, **parts)
    return references | _record(parts, {"displayName": st.none() | texts})


_json = st.recursive(
    st.none() | _flags | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | texts,
    lambda inner: _some(inner) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)


def sites() -> Dicts:
    """Make the facts of a site."""
    urls = _words.map("https://{}".format) | st.just("http://localhost:8080/a?b=c#d")
    return _record(
        {"baseUrl": urls, "discovery": st.dictionaries(texts, _json, max_size=2)},
        {"repertoireBaseUrl": st.none() | urls, "controllerImage": _container_images},
    )


_base64 = st.binary(max_size=6).map(lambda data: base64.b64encode(data).decode())


def secrets(config: Mapping[str, Any]) -> Dicts:
    """Make the lab's secrets: the token, each that is configured, and some more."""
    keys = ["token", *(secret["secretKey"] for secret in config.get("secrets", ()))]
    more = st.dictionaries(_keys, _base64, max_size=1)
    found = _record(dict.fromkeys(keys, _base64))
    return st.builds(lambda more, found: {**more, **found}, more, found)


def pull_secrets() -> st.SearchStrategy[Dict | None]:
    """Make the Secret with which images are pulled, or none."""
    docker = st.sampled_from([{"auths": {"registry.example": {}}}, {"auths": {}}, {}])
    return st.one_of(
        st.none(),
        _record(
            {"data": _record({".dockerconfigjson": docker.map(_base64_json)})},
            {"type": st.just("kubernetes.io/dockerconfigjson")},
        ),
        _record({"data": st.dictionaries(_keys, _base64, max_size=2), "type": _words}),
    )


def _base64_json(value: object) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


@st.composite
def arguments(draw: st.DrawFn) -> Dict:
    """Make the arguments of `labbuilder.compile_lab`, of a site that lets quotas be exceeded."""
    config = draw(configs())
    return {
        "config": config,
        "site": draw(sites()),
        "user": draw(users()),
        "lab": draw(labs(config)),
        "image": draw(images()),
        "secrets": draw(secrets(config)),
        "pull_secret": draw(pull_secrets()),
        "accept": ["quota-exceeded"],
    }
