"""Inputs that grow: every list and mapping that an input can hold, with any number of items.

Each case makes an input of a size, and returns what is to be done with it. What is done may end in
a `LabBuilderError`, but in nothing else.
"""

from __future__ import annotations

import base64
import json
import string
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import labs

from labbuilder import LabBuilderError, LabCompiler, output
from labbuilder.cluster.clients import plain, to_client_models
from labbuilder.cluster.labs import find_labs, recreate
from labbuilder.diff.compare import compare
from labbuilder.diff.groups import Person, Rollout
from labbuilder.diff.stored import read_manifests
from labbuilder.documents import MAX_FILE_VALUES, load
from labbuilder.documents.lines import load_line
from labbuilder.errors import Finding, Severity, Source
from labbuilder.images import parse_image
from labbuilder.krm.resourcelist import read_resource_list, write_resource_list
from labbuilder.manifest import MASK
from labbuilder.models import LabConfig
from labbuilder.models.tag import display_name
from labbuilder.names import is_dns_subdomain, is_env_var_name, is_qualified_name, printable
from labbuilder.quantity import parse_quantity
from labbuilder.reports import REPORTERS, Context, Subject
from labbuilder.reports.lines import SourceLines
from labbuilder.users.access import Access
from labbuilder.users.document import parse_user
from labbuilder.users.roster import find_nameable
from labbuilder.validation.files import check_texts
from labbuilder.validation.judge import judge
from labbuilder.validation.rules import RULES, Target

__all__ = ["CASES", "CHANGES", "Action", "Case", "run"]

Action = Callable[[], object]
Case = Callable[[int], Action]
Dict = dict[str, Any]

CHANGES: list[Callable[[Any], Any]] = []
"""What is done to each input of plain data before it is used."""

CASES: dict[str, Case] = {}
"""The cases by name: the kind of input, and what it has many of."""


def run(action: Action) -> None:
    """Do it; a refusal is a result, too."""
    try:
        action()
    except LabBuilderError as error:
        str(error)


def _add(
    kind: str, act: Callable[[Any], object], inputs: Mapping[str, Callable[[int], Any]]
) -> None:
    """Add a case for each way to make an input that one function is given."""

    def case(make: Callable[[int], Any]) -> Case:
        def with_size(n: int) -> Action:
            given = make(n)
            for change in CHANGES:
                given = change(given)
            return lambda: act(given)

        return with_size

    CASES.update({f"{kind}: {name}": case(make) for name, make in inputs.items()})


def _keys(n: int, value: Any = "x", prefix: str = "k") -> Dict:
    return {f"{prefix}{i}": value for i in range(n)}


def _names(n: int, prefix: str = "n") -> list[str]:
    return [f"{prefix}{i}" for i in range(n)]


# What a user and a site write.

_SIZE = labs.ARGUMENTS["config"]["sizes"][0]
_NFS = labs.ARGUMENTS["config"]["volumes"][0]["source"]
_HOME_MOUNT = labs.ARGUMENTS["config"]["volumeMounts"][0]


def _compile(changes: Dict) -> object:
    arguments = labs.arguments(**changes)
    return LabCompiler(arguments.pop("config")).compile(**arguments)


def _encoded(n: int) -> str:
    return base64.b64encode(f"secret number {n}".encode()).decode()


def _nested(n: int, leaf: Any = 1) -> Any:
    return {"a": _nested(n - 1, leaf)} if n else leaf


def _term(*expressions: Dict) -> Dict:
    return {"matchExpressions": list(expressions)}


def _affinity(*terms: Dict) -> Dict:
    required = {"nodeSelectorTerms": list(terms)}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}


def _pod_terms(n: int, **fields: Any) -> Dict:
    terms = [{"topologyKey": "zone", **fields} for _ in range(n)]
    return {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


def _container(i: int, **fields: Any) -> Dict:
    return {"name": f"c{i}", "image": {"repository": "r.example/i", "tag": "1"}, **fields}


def _config(**fields: Any) -> Dict:
    return {"config": fields}


def _mounted(n: int, where: str = "/m") -> list[Dict]:
    return [{"containerPath": f"{where}{i}", "volumeName": f"v{i}"} for i in range(n)]


def _volumes(n: int) -> list[Dict]:
    return [
        {"name": "home", "source": _NFS}, *({"name": f"v{i}", "source": _NFS} for i in range(n))
    ]  # fmt: skip


_CLAIM = {
    "type": "persistentVolumeClaim",
    "accessModes": ["ReadWriteMany"],
    "resources": {"requests": {"storage": "1Gi"}},
}
_EXISTS = {"operator": "Exists"}

_add(
    "lab",
    _compile,
    {
        "groups": lambda n: {
            "user": {"groups": [{"name": f"g{i}", "id": i + 1} for i in range(n)]}
        },
        "wrong groups": lambda n: {"user": {"groups": [{"name": ":", "id": 0}] * n}},
        "groups that are no mappings": lambda n: {"user": {"groups": [0] * n}},
        "unknown keys of the user": lambda n: {"user": _keys(n, prefix="usernam")},
        "unknown keys of a quota": lambda n: {"user": {"quota": {"notebook": _keys(n)}}},
        "variables": lambda n: {"lab": {"env": {**labs.ARGUMENTS["lab"]["env"], **_keys(n)}}},
        "wrong variables": lambda n: {"lab": {"env": _keys(n, 1, prefix="=")}},
        "options": lambda n: {"lab": {"options": _keys(n, prefix="siz")}},
        "secrets": lambda n: {"secrets": {f"k{i}": _encoded(i) for i in range(n)}},
        "wrong secrets": lambda n: {"secrets": _keys(n, "?", prefix="/")},
        "secrets that warnings could show": lambda n: {
            "secrets": {f"k{i}": _encoded(i) for i in range(n)},
            "config": {
                "volumes": [
                    {"name": f"v{i}", "source": {"type": "hostPath", "path": "/p"}}
                    for i in range(n)
                ],
                "volumeMounts": [],
                "initContainers": [_container(0, privileged=True, volumeMounts=_mounted(n))],
                "homeVolumeName": "v0",
                "nodeSelector": {"a": "b"},
            },
            "user": {"uid": 1, "groups": []},
        },
        "keys of a pull secret": lambda n: {
            "pull_secret": {"data": {f"k{i}": _encoded(i) for i in range(n)}, "type": "Opaque"},
            "config": {"pullSecret": "p"},
        },
        "keys of discovery": lambda n: {"site": {"discovery": _keys(n)}},
        "lists in discovery": lambda n: {"site": {"discovery": {"a": [[i] for i in range(n)]}}},
        "a long full name": lambda n: {"user": {"name": "a:" * n}},
        "a long username": lambda n: {"user": {"username": "a-" * n}},
        "a long image": lambda n: {"image": "a." * n},
        "a long image with a registry": lambda n: {"image": "r.example/" + "a__b-" * n + ":t@x"},
        "a long prefix": lambda n: {"lab": {"env": {"JUPYTERHUB_SERVICE_PREFIX": "/a" * n}}},
        "sizes": lambda n: _config(sizes=[_SIZE] * n),
        "wrong sizes": lambda n: _config(sizes=[{"size": "smal"}] * n),
        "volumes": lambda n: _config(volumes=_volumes(n), volumeMounts=[_HOME_MOUNT]),
        "mounted volumes": lambda n: _config(
            volumes=_volumes(n), volumeMounts=[_HOME_MOUNT, *_mounted(n)]
        ),
        "claims": lambda n: _config(
            volumes=[
                {"name": "home", "source": _NFS},
                *({"name": f"v{i}", "source": _CLAIM} for i in range(n)),
            ],
            volumeMounts=[_HOME_MOUNT, *_mounted(n)],
        ),
        "volumes of the node": lambda n: _config(
            volumes=[
                {"name": "home", "source": _NFS},
                *(
                    {"name": f"v{i}", "source": {"type": "hostPath", "path": "/p"}}
                    for i in range(n)
                ),
            ],
            volumeMounts=[_HOME_MOUNT, *_mounted(n)],
        ),
        "duplicate volumes": lambda n: _config(volumes=[_volumes(0)[0]] * n),
        "volumes of a wrong type": lambda n: _config(
            volumes=[{"name": "home", "source": {"type": "x"}}] * n
        ),
        "access modes": lambda n: _config(
            volumes=[{"name": "home", "source": {**_CLAIM, "accessModes": ["ReadWriteMany"] * n}}]
        ),
        "mounts of one volume": lambda n: _config(
            volumeMounts=[
                _HOME_MOUNT,
                *({"containerPath": f"/m{i}", "volumeName": "home"} for i in range(n)),
            ]
        ),
        "mounts of no volume": lambda n: _config(
            volumes=_volumes(n),
            volumeMounts=_mounted(n, "/m")
            + [{"containerPath": f"/x{i}", "volumeName": f"x{i}"} for i in range(n)],
        ),
        "mounts at one path": lambda n: _config(volumeMounts=[_HOME_MOUNT] * n),
        "steps of a mount path": lambda n: _config(
            volumeMounts=[{"containerPath": "/a" * n, "volumeName": "home"}]
        ),
        "init containers": lambda n: _config(initContainers=[_container(i) for i in range(n)]),
        "privileged init containers": lambda n: _config(
            initContainers=[_container(i, privileged=True) for i in range(n)]
        ),
        "init containers and volumes": lambda n: _config(
            volumes=_volumes(n),
            initContainers=[
                _container(i, volumeMounts=[{"containerPath": "/m", "volumeName": f"v{i}"}])
                for i in range(n)
            ],
        ),
        "mounts of an init container": lambda n: _config(
            volumes=_volumes(n), initContainers=[_container(0, volumeMounts=_mounted(n))]
        ),
        "words of a command": lambda n: _config(initContainers=[_container(0, command=_names(n))]),
        "words of the start": lambda n: _config(labStartCommand=_names(n)),
        "secrets of the site": lambda n: {
            "config": {
                "secrets": [
                    {"secretName": "s", "secretKey": f"k{i}", "env": f"E{i}", "path": f"/s/{i}"}
                    for i in range(n)
                ]
            },
            "secrets": {f"k{i}": _encoded(i) for i in range(n)},
        },
        "missing secrets": lambda n: _config(
            secrets=[{"secretName": "s", "secretKey": f"k{i}", "env": f"E{i}"} for i in range(n)]
        ),
        "duplicate secrets": lambda n: _config(
            secrets=[{"secretName": "s", "secretKey": "k", "env": "E", "path": "/s"}] * n
        ),
        "files": lambda n: _config(files={f"/f/{i}": "x" for i in range(n)}),
        "files of one name": lambda n: _config(files={f"/f{i}/name": "x" for i in range(n)}),
        "files of long names": lambda n: _config(
            files={f"/{k}/{'a' * 60}{a}{b}{c}": "x" for a, b, c, k in _digits(n)}
        ),
        "files below one another": lambda n: _config(
            files={"/f" + "/a" * i: "" for i in range(1, int(n**0.5) + 2)}
        ),
        "variables of the site": lambda n: _config(env=_keys(n)),
        "reserved variables of the site": lambda n: _config(env=_keys(n, prefix="JUPYTERHUB_")),
        "annotations": lambda n: _config(extraAnnotations=_keys(n)),
        "annotations of the namespace": lambda n: _config(
            namespaceAnnotations=_keys(n, "{{ uid }}")
        ),
        "node labels": lambda n: _config(nodeSelector=_keys(n)),
        "tolerations": lambda n: _config(
            tolerations=[{"key": f"k{i}", **_EXISTS} for i in range(n)]
        ),
        "wrong tolerations": lambda n: _config(tolerations=[{"key": "-", "seconds": 1}] * n),
        "node terms": lambda n: _config(affinity=_affinity(*[_term({"key": "k", **_EXISTS})] * n)),
        "expressions of a node term": lambda n: _config(
            affinity=_affinity(_term(*({"key": f"k{i}", **_EXISTS} for i in range(n))))
        ),
        "values of an expression": lambda n: _config(
            affinity=_affinity(_term({"key": "k", "operator": "In", "values": _names(n)}))
        ),
        "fields of a node term": lambda n: _config(
            affinity=_affinity(
                {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n"]}] * n}
            )
        ),
        "pod terms": lambda n: _config(affinity=_pod_terms(n)),
        "namespaces of a pod term": lambda n: _config(
            affinity=_pod_terms(1, namespaces=_names(n))
        ),
        "label keys of a pod term": lambda n: _config(
            affinity=_pod_terms(
                1,
                labelSelector={
                    "matchLabels": _keys(n),
                    "matchExpressions": [{"key": f"k{i}", **_EXISTS} for i in range(n)],
                },
                matchLabelKeys=_names(n),
                mismatchLabelKeys=_names(n),
            )
        ),
        "unknown fields of an affinity": lambda n: _config(
            affinity={"nodeAffinity": _keys(n, {})}
        ),
        "lines of passwd": lambda n: _config(
            nss={"basePasswd": "".join(f"u{i}:x:{i}:1::/:/x\n" for i in range(n)), "baseGroup": ""}
        ),
        "unknown options": lambda n: _config(**_keys(n, prefix="volum")),
        "digits of a duration": lambda n: _config(activityInterval="9" * n),
        "parts of a duration": lambda n: _config(activityInterval="1m " * n),
        "white space in a duration": lambda n: _config(activityInterval="1" + " " * n + "x"),
        "digits of an amount": lambda n: _config(
            sizes=[{"size": "small", "resources": {"limits": {"cpu": "9" * n, "memory": "1" * n}}}]
        ),
    },
)


def _digits(n: int) -> Iterable[tuple[str, str, str, int]]:
    letters = string.ascii_lowercase
    for i in range(n):
        a, b = divmod(i, 26)
        a, c = divmod(a, 26)
        for k in range(2):
            yield letters[a % 26], letters[c], letters[b], k


# YAML and JSON.


def _load(text: str) -> object:
    return load(text, "f.yaml", MAX_FILE_VALUES)


_add(
    "text",
    _load,
    {
        "keys": lambda n: "".join(f"k{i}: x\n" for i in range(n)),
        "items": lambda n: "- x\n" * n,
        "numbers": lambda n: "- 1.5\n" * n,
        "documents": lambda n: "---\na: 1\n" * n,
        "empty documents": lambda n: "---\n" * n,
        "anchors": lambda n: "".join(f"- &a{i} x\n" for i in range(n)),
        "one anchor": lambda n: "- &a x\n" * n,
        "aliases": lambda n: "- &a x\n" + "- *a\n" * n,
        "aliases of a list": lambda n: f"- &a [{'x, ' * 100}]\n" + "- *a\n" * n,
        "nested aliases": lambda n: (
            "- &a0 [x]\n" + "".join(f"- &a{i} [*a{i - 1}]\n" for i in range(1, n))
        ),
        "undefined aliases": lambda n: "".join(f"- *a{i}\n" for i in range(n)),
        "merges": lambda n: "a: &a {b: 1}\nc:\n" + "- <<: *a\n" * n,
        "merged mappings": lambda n: "a: &a {b: 1}\nc:\n  <<: [" + "*a, " * n + "]\n",
        "merged keys": lambda n: f"a: &a {json.dumps(_keys(n))}\nb:\n  <<: *a\n",
        "wrong merges": lambda n: "- <<: 1\n" * n,
        "duplicate keys": lambda n: "a: 1\n" * n,
        "keys that are no text": lambda n: "".join(f"{i}: 1\n" for i in range(n)),
        "keys that are lists": lambda n: "? [a]\n: 1\n" * n,
        "tags": lambda n: "- !x y\n" * n,
        "long tags": lambda n: f"- !{'x' * n} y\n",
        "directives": lambda n: "%TAG !a! b\n" * n + "---\na: 1\n",
        "comments": lambda n: "# x\n" * n + "a: 1\n",
        "a long comment": lambda n: f"#{'x' * n}\na: 1\n",
        "a long plain scalar": lambda n: f"a: {'x ' * n}\n",
        "lines of a plain scalar": lambda n: "a:\n" + "  x\n" * n,
        "blank lines of a plain scalar": lambda n: "a: x\n" + "\n" * n + "  x\n",
        "spaces of a plain scalar": lambda n: "a: x" + " " * n + "x\n",
        "escapes": lambda n: 'a: "' + r"\x41\u0041\n" * n + '"\n',
        "surrogates": lambda n: '{"a": "' + r"\ud83d\ude00" * n + '"}',
        "lone surrogates": lambda n: 'a: "' + r"\ud83d\\" * n + '"',
        "single quotes": lambda n: "a: '" + "''" * n + "'\n",
        "lines of a quoted scalar": lambda n: 'a: "' + "x\n  " * n + '"\n',
        "an open quote": lambda n: 'a: "' + "x\n" * n,
        "lines of a block": lambda n: "a: |\n" + "  x\n" * n,
        "blank lines of a block": lambda n: "a: |\n" + "\n" * n,
        "folded lines": lambda n: "a: >\n" + "  x\n\n" * n,
        "flow nesting": lambda n: "[" * n,
        "closed flow nesting": lambda n: "[" * n + "]" * n,
        "block nesting": lambda n: "".join(f"{' ' * i}a:\n" for i in range(int(n**0.5))),
        "nesting in a line": lambda n: "- " * n,
        "question marks": lambda n: "? " * n,
        "colons": lambda n: "a: " * n,
        "flow items in a line": lambda n: "[" + "x, " * n + "]\n",
        "flow pairs in a line": lambda n: "{" + "".join(f"k{i}: x, " for i in range(n)) + "}\n",
        "flow pairs in a list": lambda n: "[" + "a: b, " * n + "]\n",
        "open keys": lambda n: "[" + "a " * n + ": b]\n",
        "tabs": lambda n: "a:" + "\t" * n + "x\n",
        "digits": lambda n: f"- {'9' * n}\n- 0x{'9' * n}\n- {'9' * n}.{'9' * n}e{'9' * n}\n",
        "dots": lambda n: f"- {'1.' * n}\n- {'.' * n}\n- +{'0' * n}x\n",
        "a character that YAML refuses": lambda n: "a\n" * n + "\x85",
        "bytes that aren't UTF-8": lambda n: b"a\n" * n + b"\xff",
        "JSON": lambda n: json.dumps({"a": [_keys(3)] * n}),
        "JSON in lines": lambda n: json.dumps({"a": [_keys(3)] * n}, indent=1),
    },
)
_add(
    "line",
    lambda text: load_line(text, "f.ndjson", 1),
    {
        "keys": lambda n: json.dumps(_keys(n)).encode(),
        "items": lambda n: json.dumps([[1]] * n).encode(),
        "nesting": lambda n: b"[" * n + b"]" * n,
        "duplicate keys": lambda n: b"{" + b'"a": 1,' * n + b'"b": 1}',
        "digits": lambda n: b"[" + b"9" * n + b"]",
    },
)


# Manifests of one kind.


def _object(kind: str, version: str = "v1", metadata: Dict | None = None, **fields: Any) -> Dict:
    about = {"name": "x", "namespace": "ns", **(metadata or {})}
    return {"apiVersion": version, "kind": kind, "metadata": about, **fields}


def _c(i: int = 0, **fields: Any) -> Dict:
    return {"name": f"c{i}", "image": "i", **fields}


def _pod(containers: list[Dict] | None = None, metadata: Dict | None = None, **spec: Any) -> Dict:
    return _object("Pod", metadata=metadata, spec={"containers": containers or [_c()], **spec})


def _one(**fields: Any) -> Dict:
    """Make a pod of one container."""
    return _pod([_c(**fields)])


def _meta(**metadata: Any) -> Dict:
    return _object("ConfigMap", metadata=metadata)


def _volume(n: int, **source: Any) -> Dict:
    return _pod(volumes=[{"name": f"v{i}", **source} for i in range(n)])


def _volume_of(**source: Any) -> Dict:
    return _pod(volumes=[{"name": "v", **source}])


def _policy(metadata: Dict | None = None, **spec: Any) -> Dict:
    spec = {"podSelector": {}, **spec}
    return _object("NetworkPolicy", "networking.k8s.io/v1", metadata, spec=spec)


def _service(metadata: Dict | None = None, **spec: Any) -> Dict:
    return _object("Service", metadata=metadata, spec={"ports": [{"port": 80}], **spec})


def _claim(metadata: Dict | None = None, **spec: Any) -> Dict:
    storage = {"requests": {"storage": "1Gi"}}
    spec = {"accessModes": ["ReadWriteMany"], "resources": storage, **spec}
    return _object("PersistentVolumeClaim", metadata=metadata, spec=spec)


def _quota(metadata: Dict | None = None, **spec: Any) -> Dict:
    return _object("ResourceQuota", metadata=metadata, spec=spec)


def _items(n: int, prefix: str = "k") -> list[Dict]:
    return [{"key": f"{prefix}{i}", "path": f"p{i}"} for i in range(n)]


def _mounts(n: int, **fields: Any) -> list[Dict]:
    return [{"name": f"v{i}", "mountPath": f"/m{i}", **fields} for i in range(n)]


def _selector(n: int, **expression: Any) -> list[Dict]:
    return [{"key": f"k{i}", **expression} for i in range(n)]


def _judge(manifests: Any) -> object:
    return judge([manifests] if isinstance(manifests, dict) else manifests, Target())


def _device(i: int) -> Dict:
    return {"name": f"v{i}", "devicePath": f"/dev/{i}"}


_FIELD = {"fieldRef": {"fieldPath": "metadata.name"}}
_EMPTY: Dict = {"emptyDir": {}}

_add(
    "Pod",
    _judge,
    {
        "containers": lambda n: _pod([_c(i) for i in range(n)]),
        "containers of one name": lambda n: _pod([_c()] * n),
        "initContainers": lambda n: _pod(initContainers=[_c(i + 1) for i in range(n)]),
        "initContainers of one name": lambda n: _pod(initContainers=[_c()] * n),
        "ephemeralContainers": lambda n: _pod(ephemeralContainers=[_c(i + 1) for i in range(n)]),
        "command": lambda n: _one(command=_names(n), args=_names(n)),
        "env": lambda n: _one(env=[{"name": f"E{i}", "value": "x"} for i in range(n)]),
        "wrong env": lambda n: _one(env=[{"name": f"={i}", "value": "x"} for i in range(n)]),
        "env twice": lambda n: _one(env=[{"name": f"E{i % (n // 2 or 1)}"} for i in range(n)]),
        "env from one ConfigMap": lambda n: _one(
            env=[
                {"name": f"E{i}", "valueFrom": {"configMapKeyRef": {"name": "m", "key": f"k{i}"}}}
                for i in range(n)
            ]
        ),
        "env from the pod": lambda n: _one(
            env=[{"name": f"E{i}", "valueFrom": _FIELD} for i in range(n)]
        ),
        "env from files": lambda n: _pod(
            [
                _c(
                    env=[
                        {
                            "name": f"E{i}",
                            "valueFrom": {
                                "fileKeyRef": {"volumeName": f"v{i}", "path": "p", "key": "K"}
                            },
                        }
                        for i in range(n)
                    ]
                )
            ],
            volumes=[{"name": f"v{i}", **_EMPTY} for i in range(n)],
        ),
        "env from resources of no container": lambda n: _pod(
            [
                _c(
                    i,
                    env=[
                        {
                            "name": "E",
                            "valueFrom": {
                                "resourceFieldRef": {
                                    "containerName": "x",
                                    "resource": "limits.cpu",
                                }
                            },
                        }
                    ],
                )
                for i in range(n)
            ]
        ),
        "envFrom": lambda n: _one(envFrom=[{"configMapRef": {"name": f"m{i}"}} for i in range(n)]),
        "ports": lambda n: _one(ports=[{"containerPort": i + 1} for i in range(n)]),
        "named ports": lambda n: _one(
            ports=[{"containerPort": i + 1, "name": f"p{i}"} for i in range(n)]
        ),
        "ports of one name": lambda n: _one(
            ports=[{"containerPort": i + 1, "name": "p"} for i in range(n)]
        ),
        "ports of the node": lambda n: _one(
            ports=[{"containerPort": i + 1, "hostPort": i + 1} for i in range(n)]
        ),
        "mounts": lambda n: _pod(
            [_c(volumeMounts=_mounts(n))], volumes=[{"name": f"v{i}", **_EMPTY} for i in range(n)]
        ),
        "mounts of no volume": lambda n: _pod(
            [_c(volumeMounts=_mounts(n))], volumes=[{"name": f"w{i}", **_EMPTY} for i in range(n)]
        ),
        "mounts at one place": lambda n: _pod(
            [
                _c(
                    volumeMounts=[
                        {"name": "v", "mountPath": "/a" + "/" * (i % 9)} for i in range(n)
                    ]
                )
            ],
            volumes=[{"name": "v", **_EMPTY}],
        ),
        "mounts of files of one volume": lambda n: _pod(
            [
                _c(
                    volumeMounts=[
                        {"name": "v", "mountPath": f"/m{i}", "subPath": f"p{i}"} for i in range(n)
                    ]
                )
            ],
            volumes=[{"name": "v", "configMap": {"name": "m", "items": _items(n)}}],
        ),
        "steps of a mountPath": lambda n: _pod(
            [_c(volumeMounts=[{"name": "v", "mountPath": "/a" * n}])],
            volumes=[{"name": "v", **_EMPTY}],
        ),
        "volumeDevices": lambda n: _pod(
            [_c(volumeDevices=[_device(i) for i in range(n)])],
            volumes=[
                {"name": f"v{i}", "persistentVolumeClaim": {"claimName": "c"}} for i in range(n)
            ],
        ),
        "claims of a container": lambda n: _pod(
            [_c(resources={"claims": [{"name": "r", "request": f"q{i}"} for i in range(n)]})],
            resourceClaims=[{"name": "r", "resourceClaimName": "c"}],
        ),
        "claims of one name": lambda n: _one(resources={"claims": [{"name": "r"}] * n}),
        "resourceClaims": lambda n: _pod(
            resourceClaims=[{"name": f"r{i}", "resourceClaimName": "c"} for i in range(n)]
        ),
        "limits": lambda n: _one(resources={"limits": _keys(n, 1, "example.org/r")}),
        "requests": lambda n: _one(resources={"requests": _keys(n, 1, "example.org/r")}),
        "resizePolicy": lambda n: _one(
            resizePolicy=[{"resourceName": f"cpu{i}", "restartPolicy": "x"} for i in range(n)]
        ),
        "restartPolicyRules": lambda n: _one(
            restartPolicyRules=[{"action": "Restart", "exitCodes": {"operator": "In"}}] * n
        ),
        "capabilities": lambda n: _one(
            securityContext={"capabilities": {"add": _names(n), "drop": _names(n)}}
        ),
        "headers of a probe": lambda n: _one(
            livenessProbe={
                "httpGet": {"port": 1, "httpHeaders": [{"name": "H", "value": "x"}] * n}
            }
        ),
        "volumes": lambda n: _volume(n, **_EMPTY),
        "volumes without a source": _volume,
        "volumes in memory": lambda n: _volume(
            n, emptyDir={"medium": "Memory", "sizeLimit": "1Gi"}
        ),
        "volumes of the node": lambda n: _volume(n, hostPath={"path": "/p"}),
        "volumes of one name": lambda n: _pod(volumes=[{"name": "v", **_EMPTY}] * n),
        "volumes of claims": lambda n: _pod(
            volumes=[
                {"name": f"v{i}", "persistentVolumeClaim": {"claimName": f"c{i}"}}
                for i in range(n)
            ]
        ),
        "items of a ConfigMap": lambda n: _volume_of(configMap={"name": "m", "items": _items(n)}),
        "items of a Secret": lambda n: _volume_of(secret={"secretName": "m", "items": _items(n)}),
        "items of the downwardAPI": lambda n: _volume_of(
            downwardAPI={"items": [{"path": f"p{i}", **_FIELD} for i in range(n)]}
        ),
        "projected sources": lambda n: _volume_of(
            projected={
                "sources": [{"configMap": {"name": f"m{i}", "items": _items(1)}} for i in range(n)]
            }
        ),
        "items of a projected source": lambda n: _volume_of(
            projected={"sources": [{"secret": {"name": "m", "items": _items(n)}}] * 2}
        ),
        "attributes of a driver": lambda n: _volume_of(
            csi={"driver": "d.example", "volumeAttributes": _keys(n)}
        ),
        "tolerations": lambda n: _pod(tolerations=[{"key": f"k{i}", **_EXISTS} for i in range(n)]),
        "topologySpreadConstraints": lambda n: _pod(
            topologySpreadConstraints=[
                {
                    "topologyKey": f"k{i}",
                    "maxSkew": 1,
                    "whenUnsatisfiable": "DoNotSchedule",
                    "labelSelector": {},
                    "matchLabelKeys": ["a"],
                }
                for i in range(n)
            ]
        ),
        "equal topologySpreadConstraints": lambda n: _pod(
            topologySpreadConstraints=[
                {"topologyKey": "k", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
            ]
            * n
        ),
        "matchLabelKeys": lambda n: _pod(
            metadata={"labels": _keys(n)},
            affinity=_pod_terms(
                1,
                labelSelector={
                    "matchLabels": _keys(n),
                    "matchExpressions": _selector(n, **_EXISTS),
                },
                matchLabelKeys=_names(n, "k"),
                mismatchLabelKeys=_names(n, "k"),
            ),
        ),
        "node terms": lambda n: _pod(affinity=_affinity(*[_term({"key": "k", **_EXISTS})] * n)),
        "values of a node term": lambda n: _pod(
            affinity=_affinity(_term({"key": "k", "operator": "In", "values": _names(n)}))
        ),
        "readinessGates": lambda n: _pod(
            readinessGates=[{"conditionType": f"t{i}"} for i in range(n)]
        ),
        "schedulingGates": lambda n: _pod(schedulingGates=[{"name": f"g{i}"} for i in range(n)]),
        "schedulingGates of one name": lambda n: _pod(schedulingGates=[{"name": "g"}] * n),
        "hostAliases": lambda n: _pod(
            hostAliases=[
                {"ip": f"10.0.{i // 256}.{i % 256}", "hostnames": ["h"]} for i in range(n)
            ]
        ),
        "hostnames": lambda n: _pod(hostAliases=[{"ip": "10.0.0.1", "hostnames": _names(n)}]),
        "name servers": lambda n: _pod(dnsConfig={"nameservers": ["10.0.0.1"] * n}),
        "searches": lambda n: _pod(dnsConfig={"searches": _names(n)}),
        "dns options": lambda n: _pod(dnsConfig={"options": [{"name": "o"}] * n}),
        "supplementalGroups": lambda n: _pod(
            securityContext={"supplementalGroups": list(range(n))}
        ),
        "sysctls": lambda n: _pod(
            securityContext={"sysctls": [{"name": f"k.s{i}", "value": "1"} for i in range(n)]}
        ),
        "imagePullSecrets": lambda n: _pod(imagePullSecrets=[{"name": f"s{i}"} for i in range(n)]),
        "nodeSelector": lambda n: _pod(nodeSelector=_keys(n)),
        "overhead": lambda n: _pod(overhead=_keys(n, 1, "example.org/r")),
        "unknown fields": lambda n: _object(
            "Pod", spec={"containers": [_c()], **_keys(n, 1, "hostNetwor")}
        ),
        "unknown fields at the root": lambda n: {**_pod(), **_keys(n)},
        "wrong types": lambda n: _one(command=[1] * n),
        "unknown fields of containers": lambda n: _pod(
            [_c(i, imagePullPolic="x") for i in range(n)]
        ),
        "conditions": lambda n: {
            **_pod(),
            "status": {"conditions": [{"type": f"t{i}", "status": "True"} for i in range(n)]},
        },
        "a long image": lambda n: _one(image="a." * n),
        "a long image of components": lambda n: _one(image="a__b-" * n + "!"),
        "a long command": lambda n: _one(command=["x" * n]),
        "a long search": lambda n: _pod(dnsConfig={"searches": ["a" * n + "!"]}),
        "a long sysctl": lambda n: _pod(
            securityContext={"sysctls": [{"name": "a" * n + "!", "value": ""}]}
        ),
        "a long account": lambda n: _one(
            securityContext={"windowsOptions": {"runAsUserName": "a." * n + "\\" + "b" * n + "/"}}
        ),
        "a long account of dots": lambda n: _one(
            securityContext={"windowsOptions": {"runAsUserName": ". " * n + "x"}}
        ),
        "a long fieldPath": lambda n: _one(
            env=[{"name": "E", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['" * n}}}]
        ),
        "a long quantity": lambda n: _one(
            resources={"limits": {"cpu": "9" * n, "memory": "." * n}}
        ),
    },
)

_add(
    "metadata",
    _judge,
    {
        "labels": lambda n: _meta(labels=_keys(n)),
        "wrong labels": lambda n: _meta(labels=_keys(n, "-", "-")),
        "annotations": lambda n: _meta(annotations=_keys(n)),
        "finalizers": lambda n: _meta(finalizers=_names(n, "example.org/")),
        "equal finalizers": lambda n: _meta(finalizers=["example.org/a"] * n),
        "ownerReferences": lambda n: _meta(
            ownerReferences=[
                {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "name": "p",
                    "uid": f"u{i}",
                    "controller": True,
                }
                for i in range(n)
            ]
        ),
        "managedFields": lambda n: _meta(managedFields=[{"manager": f"m{i}"} for i in range(n)]),
        "a long name": lambda n: _meta(name="a." * n),
        "a long time": lambda n: _meta(creationTimestamp="2026-11-30T12:00:00." + "0" * n),
        "a long label": lambda n: _meta(labels={"a" * n: "b" * n}),
    },
)

_EXPRESSION = {"operator": "In", "values": ["x"]}

_add(
    "manifest",
    _judge,
    {
        "ports of a Service": lambda n: _service(
            ports=[{"port": i + 1, "name": f"p{i}"} for i in range(n)]
        ),
        "ports of one name of a Service": lambda n: _service(
            ports=[{"port": i + 1, "name": "p", "nodePort": 30000} for i in range(n)]
        ),
        "selector of a Service": lambda n: _service(selector=_keys(n)),
        "externalIPs of a Service": lambda n: _service(externalIPs=["192.0.2.1"] * n),
        "ranges of a Service": lambda n: _service(
            type="LoadBalancer", loadBalancerSourceRanges=["192.0.2.0/24"] * n
        ),
        "ranges in an annotation": lambda n: _service(
            {
                "annotations": {
                    "service.beta.kubernetes.io/load-balancer-source-ranges": "1.0.0.0/8," * n
                }
            },
            type="LoadBalancer",
        ),
        "addresses of a Service": lambda n: _service(
            clusterIP="192.0.2.1", clusterIPs=["192.0.2.1"] * n, ipFamilies=["IPv4"] * n
        ),
        "rules of a NetworkPolicy": lambda n: _policy(
            ingress=[{"from": [{"podSelector": {}}]}] * n
        ),
        "peers of a NetworkPolicy": lambda n: _policy(
            ingress=[
                {"from": [{"podSelector": {"matchLabels": {"a": f"b{i}"}}} for i in range(n)]}
            ]
        ),
        "ports of a NetworkPolicy": lambda n: _policy(
            ingress=[{"ports": [{"port": i + 1} for i in range(n)]}]
        ),
        "egress of a NetworkPolicy": lambda n: _policy(
            egress=[{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}] * n
        ),
        "except of a NetworkPolicy": lambda n: _policy(
            egress=[
                {
                    "to": [
                        {
                            "ipBlock": {
                                "cidr": "10.0.0.0/8",
                                "except": [f"10.0.{i % 256}.0/24" for i in range(n)],
                            }
                        }
                    ]
                }
            ]
        ),
        "policyTypes": lambda n: _policy(policyTypes=["Ingress"] * n),
        "expressions of a podSelector": lambda n: _policy(
            podSelector={"matchExpressions": _selector(n, **_EXPRESSION)}
        ),
        "values of a podSelector": lambda n: _policy(
            podSelector={"matchExpressions": [{"key": "k", "operator": "In", "values": _names(n)}]}
        ),
        "data of a ConfigMap": lambda n: _object("ConfigMap", data=_keys(n)),
        "wrong keys of a ConfigMap": lambda n: _object("ConfigMap", data=_keys(n, prefix="/")),
        "both data of a ConfigMap": lambda n: _object(
            "ConfigMap", data=_keys(n), binaryData=_keys(n, "eHg=")
        ),
        "data of a Secret": lambda n: _object("Secret", data=_keys(n, "eHg=")),
        "wrong data of a Secret": lambda n: _object("Secret", data=_keys(n, "?")),
        "stringData of a Secret": lambda n: _object("Secret", stringData=_keys(n)),
        "a long value of a Secret": lambda n: _object("Secret", data={"k": "eHg=\n" * n}),
        "hard of a ResourceQuota": lambda n: _quota(hard=_keys(n, 1, "example.org/r")),
        "wrong hard of a ResourceQuota": lambda n: _quota(hard=_keys(n, 1)),
        "scopes of a ResourceQuota": lambda n: _quota(
            hard=_keys(n, 1, "example.org/r"), scopes=_names(n)
        ),
        "selected scopes of a ResourceQuota": lambda n: _quota(
            hard=_keys(n, 1, "example.org/r"),
            scopeSelector={
                "matchExpressions": [{"scopeName": "BestEffort", "operator": "Exists"}] * n
            },
        ),
        "accessModes of a claim": lambda n: _claim(accessModes=["ReadWriteMany"] * n),
        "selector of a claim": lambda n: _claim(
            selector={"matchLabels": _keys(n), "matchExpressions": _selector(n, **_EXPRESSION)}
        ),
        "finalizers of a Namespace": lambda n: _object(
            "Namespace", spec={"finalizers": _names(n)}
        ),
        "unknown fields of a ConfigMap": lambda n: {**_object("ConfigMap"), **_keys(n, 1, "dat")},
    },
)


# Many objects.

_LAB_LABELS = {"nublado.lsst.io/category": "lab"}


def _lab_pod(i: int, **labels: str) -> Dict:
    labels = {**_LAB_LABELS, "nublado.lsst.io/user": f"u{i}", **labels}
    return _pod([_c(ports=[{"containerPort": 8888}])], {"name": f"p{i}", "labels": labels})


def _plain_pod(i: int, **fields: Any) -> Dict:
    return _pod(metadata={"name": f"p{i}", "labels": {"a": "b", "user": f"u{i}"}}, **fields)


def _many(n: int, *makes: Callable[[int], Dict]) -> list[Dict]:
    return [make(i) for i in range(n) for make in makes]


def _names_one(i: int) -> Dict:
    return {"name": f"o{i}"}


def _selects(i: int) -> Dict:
    return {"matchLabels": {"user": f"u{i}"}}


_HUB_PEER = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "jupyterhub"}}}
_OWN_PEER: Dict = {"podSelector": {}}


def _lab_policy(i: int, selector: Dict | None = None, peers: list[Dict] | None = None) -> Dict:
    selector = {"matchLabels": {"nublado.lsst.io/user": f"u{i}"}} if selector is None else selector
    return _policy(
        _names_one(i),
        podSelector=selector,
        ingress=[{"from": [_HUB_PEER, _OWN_PEER] if peers is None else peers}],
    )


_add(
    "objects",
    _judge,
    {
        "pods": lambda n: _many(n, _plain_pod),
        "pods and services": lambda n: _many(
            n, _plain_pod, lambda i: _service(_names_one(i), selector={"user": f"u{i}"})
        ),
        "pods and services that select all": lambda n: _many(
            n, _plain_pod, lambda i: _service(_names_one(i), selector={"a": "b"})
        ),
        "pods and services that select none": lambda n: _many(
            n, _plain_pod, lambda i: _service(_names_one(i), selector={"a": "b", "user": "x"})
        ),
        "pods with ports and services": lambda n: _many(
            n,
            lambda i: _pod(
                [_c(ports=[{"containerPort": i + 1}])], {"name": f"p{i}", "labels": {"a": "b"}}
            ),
            lambda i: _service(_names_one(i), selector={"a": "b"}, ports=[{"port": i + 1}]),
        ),
        "ports of a pod and a service": lambda n: [
            _pod([_c(ports=[{"containerPort": i + 1} for i in range(n)])], {"labels": {"a": "b"}}),
            _service(
                selector={"a": "b"}, ports=[{"port": i + 1, "name": f"p{i}"} for i in range(n)]
            ),
        ],
        "pods and policies": lambda n: _many(
            n, _plain_pod, lambda i: _policy(_names_one(i), podSelector=_selects(i))
        ),
        "pods and policies that select none": lambda n: _many(
            n, _plain_pod, lambda i: _policy(_names_one(i), podSelector=_selects(-1))
        ),
        "pods and policies of expressions": lambda n: _many(
            n,
            _plain_pod,
            lambda i: _policy(
                _names_one(i),
                podSelector=_term({"key": "user", "operator": "In", "values": [f"u{i}", "x"]}),
            ),
        ),
        "pods and policies of negations": lambda n: _many(
            n,
            _plain_pod,
            lambda i: _policy(
                _names_one(i),
                podSelector=_term({"key": "a", "operator": "NotIn", "values": ["b", f"u{i}"]}),
            ),
        ),
        "labs and policies": lambda n: _many(n, _lab_pod, _lab_policy),
        "labs and policies that select all": lambda n: _many(
            n, _lab_pod, lambda i: _lab_policy(i, {})
        ),
        "labs and policies for everybody": lambda n: _many(
            n, _lab_pod, lambda i: _policy(_names_one(i), ingress=[{}])
        ),
        "labs and policies with peers": lambda n: _many(
            n,
            _lab_pod,
            lambda i: _lab_policy(
                i,
                {},
                [
                    {
                        "namespaceSelector": {"matchLabels": {"x": f"y{i}"}},
                        "podSelector": {"matchLabels": {"nublado.lsst.io/user": f"u{i}"}},
                    }
                ],
            ),
        ),
        "labs and peers": lambda n: [
            *_many(n, _lab_pod),
            _lab_policy(
                0, {}, [{"namespaceSelector": {"matchLabels": {"x": f"y{i}"}}} for i in range(n)]
            ),
        ],
        "labs and ports": lambda n: [
            *_many(n, _lab_pod),
            _policy(ingress=[{"ports": [{"port": f"p{i}"} for i in range(n)]}]),
        ],
        "a lab and expressions of a peer": lambda n: [
            _lab_pod(0),
            _lab_policy(
                0, {}, [{"namespaceSelector": {"matchExpressions": _selector(n, **_EXPRESSION)}}]
            ),
        ],
        "a lab and expressions of one key": lambda n: [
            _lab_pod(0),
            _lab_policy(
                0,
                {},
                [
                    {
                        "namespaceSelector": _term(
                            {"key": "k", "operator": "In", "values": _names(n)},
                            {"key": "k", "operator": "NotIn", "values": _names(n)},
                        )
                    }
                ],
            ),
        ],
        "a lab's ports and a policy's": lambda n: [
            _pod(
                [_c(ports=[{"containerPort": i + 1, "name": f"p{i}"} for i in range(n)])],
                {"labels": {**_LAB_LABELS, "nublado.lsst.io/user": "u0"}},
            ),
            _policy(ingress=[{"ports": [{"port": f"q{i}"} for i in range(n)]}]),
        ],
        "labs and egress": lambda n: _many(
            n, _lab_pod, lambda i: _policy(_names_one(i), policyTypes=["Egress"])
        ),
        "pods of many namespaces": lambda n: _many(
            n,
            lambda i: _pod(metadata={"name": "p", "namespace": f"ns{i}"}),
            lambda i: _object("Namespace", metadata={"name": f"ns{i}", "namespace": ""}),
        ),
        "duplicates": lambda n: [_object("ConfigMap")] * n,
        "ConfigMaps and references": lambda n: _many(
            n,
            lambda i: _object("ConfigMap", metadata=_names_one(i)),
            lambda i: _pod([_c(envFrom=[{"configMapRef": {"name": f"o{i}"}}])], _names_one(i)),
        ),
        "ConfigMaps and missing Secrets": lambda n: _many(
            n,
            lambda i: _object("ConfigMap", metadata=_names_one(i)),
            lambda i: _pod([_c(envFrom=[{"secretRef": {"name": f"o{i}"}}])], _names_one(i)),
        ),
        "claims and references": lambda n: _many(
            n,
            lambda i: _claim(_names_one(i)),
            lambda i: _pod(
                metadata=_names_one(i),
                volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": f"o{i}"}}],
            ),
        ),
        "pull secrets and references": lambda n: [
            *_many(n, lambda i: _object("Secret", metadata=_names_one(i))),
            _pod(imagePullSecrets=[{"name": f"o{i}"} for i in range(n)]),
        ],
        "keys of a ConfigMap and references": lambda n: [
            _object("ConfigMap", metadata={"name": "m"}, data=_keys(n)),
            _one(
                env=[
                    {
                        "name": f"E{i}",
                        "valueFrom": {"configMapKeyRef": {"name": "m", "key": f"k{i}"}},
                    }
                    for i in range(n)
                ]
            ),
        ],
        "pods and a quota": lambda n: [
            *_many(n, _plain_pod),
            _quota(hard={"limits.cpu": 1, "cpu": 1, "memory": 1}),
        ],
        "pods and quotas": lambda n: _many(
            n, _plain_pod, lambda i: _quota(_names_one(i), hard={"limits.cpu": i})
        ),
        "pods without names": lambda n: [_object("Pod", metadata={"name": ""})] * n,
        "objects without a schema": lambda n: [
            {"apiVersion": "v1", "kind": f"Po{i}"} for i in range(n)
        ],
        "wrong objects": lambda n: _many(n, lambda _: _object("ConfigMap", dat={})),
    },
)


# Files of manifests and users.


def _check(texts: Any) -> object:
    texts = texts if isinstance(texts, dict) else {"f.yaml": texts}
    return check_texts(texts, judge_user=lambda _document, _version: ())


def _json_lines(objects: Iterable[Dict]) -> str:
    return "".join(f"---\n{json.dumps(each)}\n" for each in objects)


def _list(objects: Iterable[Any]) -> Dict:
    return {"apiVersion": "v1", "kind": "List", "items": list(objects)}


_add(
    "check",
    _check,
    {
        "manifests in a file": lambda n: _json_lines(
            _many(n, lambda i: _object("ConfigMap", metadata=_names_one(i)))
        ),
        "items of a List": lambda n: json.dumps(
            _list(_many(n, lambda i: _object("ConfigMap", metadata=_names_one(i))))
        ),
        "nested Lists": lambda n: json.dumps(_list([_list([_list([_object("ConfigMap")])])] * n)),
        "items that are no objects": lambda n: json.dumps(_list([1] * n)),
        "users in a file": lambda n: _json_lines(
            {"user": {"username": f"u{i}"}} for i in range(n)
        ),
        "users and manifests in a file": lambda n: _json_lines(
            each
            for i in range(n)
            for each in (
                {"user": {"username": f"u{i}"}},
                _object("ConfigMap", metadata=_names_one(i)),
            )
        ),
        "documents that are no objects": lambda n: "--- x\n" * n,
        "files": lambda n: {
            f"f{i}.yaml": json.dumps(_object("ConfigMap", metadata=_names_one(i)))
            for i in range(n)
        },
        "files that can't be read": lambda n: {f"f{i}.yaml": "a: b: c" for i in range(n)},
        "wrong values on a line": lambda n: json.dumps(_one(command=[1] * n)),
    },
)

_CONFIG = LabConfig.model_validate(labs.ARGUMENTS["config"])


def _state(documents: Any) -> object:
    return [recreate(lab, _CONFIG, own_prefix=False) for lab in find_labs(documents)]


def _documents(objects: Iterable[Dict]) -> object:
    return load(json.dumps(_list(objects)), "f.yaml", MAX_FILE_VALUES)


def _running(i: int, namespace: str = "ns") -> Dict:
    pod = _lab_pod(i)
    pod["metadata"] = {**pod["metadata"], "name": f"u{i}x-nb", "namespace": namespace}
    return pod


def _env(i: int, namespace: str = "ns") -> Dict:
    metadata = {"name": f"u{i}x-nb-env", "namespace": namespace}
    return _object("ConfigMap", metadata=metadata, data={"DEBUG": "TRUE"})


_add(
    "state",
    _state,
    {
        "pods of one namespace": lambda n: _documents(_many(n, _running)),
        "labs of one namespace": lambda n: _documents(_many(n, _running, _env)),
        "labs of many namespaces": lambda n: _documents(
            _many(n, lambda i: _running(i, f"labs-u{i}x"), lambda i: _env(i, f"labs-u{i}x"))
        ),
        "quotas of one namespace": lambda n: _documents(
            [_running(0), *_many(n, lambda _: _quota({"name": "u0x-nb"}))]
        ),
        "duplicates": lambda n: _documents([_running(0)] * n),
        "containers": lambda n: _documents(
            [_env(0), {**_running(0), "spec": {"containers": [_c(i) for i in range(n)]}}]
        ),
        "groups": lambda n: _documents(
            [
                _env(0),
                {
                    **_running(0),
                    "metadata": {
                        "name": "u0x-nb",
                        "namespace": "ns",
                        "annotations": {
                            "nublado.lsst.io/user-groups": json.dumps([{"name": "g", "id": 1}] * n)
                        },
                    },
                },
            ]
        ),
    },
)

_add(
    "stored",
    read_manifests,
    {
        "manifests": lambda n: _documents(_many(n, _plain_pod)),
        "duplicates": lambda n: _documents([_plain_pod(0)] * n),
        "objects without names": lambda n: _documents([_object("Pod", metadata={"name": 1})] * n),
    },
)


# Differences.


def _compare(pair: tuple[list[Dict], list[Dict]]) -> object:
    old, new = pair
    rollout = Rollout()
    rollout.add(Person("vera", 1928, 1928), compare(old, new).changes)
    return list(rollout.groups())


def _both(old: Dict, new: Dict) -> tuple[list[Dict], list[Dict]]:
    return [old], [new]


def _variables(n: int, value: str) -> list[Dict]:
    return [{"name": f"E{i}", "value": value} for i in range(n)]


_add(
    "diff",
    _compare,
    {
        "objects": lambda n: (_many(n, _plain_pod), _many(n, _plain_pod)),
        "added objects": lambda n: ([], _many(n, _plain_pod)),
        "changed objects": lambda n: (
            _many(n, _plain_pod),
            _many(n, lambda i: _plain_pod(i, hostNetwork=True)),
        ),
        "keys": lambda n: _both(
            _object("ConfigMap", data=_keys(n, "x")), _object("ConfigMap", data=_keys(n, "y"))
        ),
        "lines": lambda n: _both(
            _object("ConfigMap", data={"k": "x\n" * n}),
            _object("ConfigMap", data={"k": "y\n" * n}),
        ),
        "passwd": lambda n: _both(
            _object("ConfigMap", data={"passwd": "vera:x:1:1:V:/h:/b\n" * n}),
            _object("ConfigMap", data={"passwd": "vera:x:1:1:W:/h:/b\n" * n}),
        ),
        "colons": lambda n: _both(
            _object("ConfigMap", data={"k": "vera:x" + ":a" * n}),
            _object("ConfigMap", data={"k": "-vera" * n}),
        ),
        "env": lambda n: _both(_one(env=_variables(n, "x")), _one(env=_variables(n, "y"))),
        "env reordered": lambda n: _both(
            _one(env=_variables(n, "x")), _one(env=_variables(n, "x")[::-1])
        ),
        "containers": lambda n: _both(
            _pod([_c(i) for i in range(n)]), _pod([_c(i, image="j") for i in range(n)])
        ),
        "init containers": lambda n: _both(
            _pod(initContainers=[_c(i) for i in range(n)]),
            _pod(initContainers=[_c(i, image="j") for i in range(n)]),
        ),
        "init containers without names": lambda n: _both(
            _pod(initContainers=[{"image": "i"} for i in range(n)]),
            _pod(initContainers=[{"image": "j"} for i in range(n)]),
        ),
        "tolerations": lambda n: _both(
            _pod(tolerations=[{"key": f"k{i}"} for i in range(n)]),
            _pod(tolerations=[{"key": f"l{i}"} for i in range(n)]),
        ),
        "items without names": lambda n: _both(
            _one(command=_names(n, "a")), _one(command=_names(n, "b"))
        ),
        "items of a set": lambda n: _both(
            _meta(finalizers=_names(n, "a")), _meta(finalizers=_names(n, "b"))
        ),
        "labels": lambda n: _both(_meta(labels=_keys(n, "x")), _meta(labels=_keys(n, "y"))),
        "secrets": lambda n: _both(
            _object("Secret", data={f"k{i}": f"old-value-{i}" for i in range(n)}),
            _object("Secret", data={f"k{i}": f"new-value-{i}" for i in range(n)}),
        ),
        "secrets in text": lambda n: (
            [_object("Secret", data={f"k{i}": f"value-{i:06}" for i in range(n)})],
            [
                _object("Secret", data={f"k{i}": f"value-{i:06}" for i in range(n)}),
                _object("ConfigMap", data={f"k{i}": f"a value-{i:06}!" for i in range(n)}),
            ],
        ),
        "secrets that are alike": lambda n: (
            [
                _object("Secret", data={f"k{i}": "a" * (8 + i) for i in range(int(n**0.5))}),
                _object("ConfigMap", data={"k": "aaaaaaab" * n}),
            ],
            [],
        ),
        "long text and a long secret": lambda n: (
            [
                _object("Secret", data={"k": "ab" * n}),
                _object("ConfigMap", data={"k": "ab" * n + "ab"}),
            ],
            [],
        ),
        "hidden secrets": lambda n: _both(
            _object("Secret", data=_keys(n, MASK)), _object("Secret", data=_keys(n, "other-value"))
        ),
        "quantities": lambda n: _both(_quota(hard=_keys(n, "1")), _quota(hard=_keys(n, "1000m"))),
    },
)


# What is written.


def _written(manifests: list[Dict]) -> None:
    output.to_yaml(manifests)
    output.to_json(manifests)
    output.to_line(manifests)
    output.to_files(manifests, "yaml")
    for manifest in manifests:
        output.redact(manifest)


_add(
    "output",
    _written,
    {
        "manifests": lambda n: _many(n, _plain_pod),
        "manifests of many namespaces": lambda n: _many(
            n, lambda i: _object("ConfigMap", metadata={"namespace": f"ns{i}"})
        ),
        "duplicates": lambda n: [_object("ConfigMap")] * n,
        "keys": lambda n: [_object("ConfigMap", data=_keys(n))],
        "tokens": lambda n: [_object("ConfigMap", data={f"K{i}_TOKEN": "x" for i in range(n)})],
        "secrets": lambda n: [_object("Secret", data=_keys(n), stringData=_keys(n))],
        "items": lambda n: [_one(command=_names(n))],
        "infinite numbers": lambda n: [_object("ConfigMap", data=_keys(n, float("inf")))],
        "lines": lambda n: [_object("ConfigMap", data={"k": "x\n" * n})],
        "lines that end with a space": lambda n: [_object("ConfigMap", data={"k": "x \n" * n})],
        "spaces": lambda n: [
            _object("ConfigMap", data={"k": "x " * n + "\n", "l": " " * n + "x"})
        ],
        "words": lambda n: [_object("ConfigMap", data={"k": "x:x " * n + "\t"})],
        "blank lines": lambda n: [
            _object("ConfigMap", data={"k": "\n" * n + "x\n", "l": "x" + "\n" * n})
        ],
        "characters that are escaped": lambda n: [
            _object("ConfigMap", data={"k": "\x85\x1b😀" * n})
        ],
    },
)


# Reports.


def _finding(i: int, column: int = 1, line: int = 1, **fields: Any) -> Finding:
    severity = Severity.WARNING if i % 2 else Severity.ERROR
    source = Source("f.yaml", line, column)
    found: Dict = {"path": ("spec", i), "hint": "do it", "object": f"Pod/p{i}", **fields}
    return Finding("invalid-name", f"is wrong {i}", severity=severity, source=source, **found)


def _report(given: tuple[list[Finding], Dict]) -> None:
    findings, texts = given
    documents = {file: load(text, file, MAX_FILE_VALUES) for file, text in texts.items()}
    context = Context(
        subjects=[Subject("f.yaml", f"Pod/p{i}") for i in range(len(findings))],
        line=SourceLines(texts, documents),
        codes=RULES,
    )
    for report in REPORTERS.values():
        report(findings, context)


_add(
    "reports",
    _report,
    {
        "findings": lambda n: ([_finding(i) for i in range(n)], {}),
        "findings of one object": lambda n: ([_finding(i, object="Pod/p") for i in range(n)], {}),
        "findings without a place": lambda n: (
            [Finding(f"c{i % 100}", "m", ("a",) * 9) for i in range(n)],
            {},
        ),
        "findings in lines": lambda n: (
            [_finding(i, line=i + 1) for i in range(n)],
            {"f.yaml": "kind: Pod\n" + "".join(f"k{i}: x\n" for i in range(n))},
        ),
        "findings in one line": lambda n: (
            [_finding(i, column=5 * i + 1) for i in range(n)],
            {"f.yaml": json.dumps({"kind": "Pod", "a": ["x"] * n})},
        ),
        "private values in one line": lambda n: (
            [_finding(0)],
            {"f.yaml": json.dumps({"kind": "Pod", "env": ["x"] * n})},
        ),
        "private values after spaces": lambda n: (
            [_finding(0)],
            {"f.yaml": "kind: Pod\nenv:\n" + " " * n + "[" + "x, " * n + "]\n"},
        ),
        "private values in lines": lambda n: (
            [_finding(0)],
            {"f.yaml": "kind: Pod\nenv:\n" + "- x\n" * n},
        ),
        "aliases": lambda n: (
            [_finding(0)],
            {"f.yaml": "kind: Pod\na: &a [x, y]\nenv:\n" + "- *a\n" * n},
        ),
        "characters that are escaped": lambda n: (
            [_finding(0, path=("\x1b" * n,), object="\u202e" * n, hint="א" * n)],
            {},
        ),
        "steps of a path": lambda n: ([_finding(0, path=("a",) * n)], {}),
    },
)


# What is left: functions, krm, names, clients.


def _krm(text: str) -> object:
    found = read_resource_list(text, "f.yaml")
    results = [{"message": "m", "severity": "error"} for _ in found.items]
    return write_resource_list(found, found.items[: len(found.items) // 2], results)


def _resource_list(items: list[Any], **fields: Any) -> str:
    head = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList"}
    return json.dumps({**head, "items": items, **fields})


_add(
    "krm",
    _krm,
    {
        "items": lambda n: _resource_list(_many(n, _plain_pod)),
        "equal items": lambda n: _resource_list([_plain_pod(0)] * n),
        "items that are no mappings": lambda n: _resource_list([1] * n),
        "annotations of an item": lambda n: _resource_list(
            [_meta(annotations=_keys(n, "x", "config.kubernetes.io/"))] * 2
        ),
        "aliases": lambda n: (
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n"
            "a: &a {b: c}\nitems:\n" + "- *a\n" * n
        ),
    },
)


class _Model:
    attribute_map = {"name": "name", "items": "items"}

    def __init__(self, items: list[Any]) -> None:
        self.name, self.items = "x", items


class _Client:
    class V1ConfigMap:
        attribute_map = {
            "api_version": "apiVersion", "kind": "kind", "metadata": "metadata", "data": "data"
        }  # fmt: skip
        openapi_types = {
            "api_version": "str", "kind": "str", "metadata": "object", "data": "dict(str, str)"
        }  # fmt: skip

        def __init__(self, **fields: Any) -> None:
            self.fields = fields


class _Parts:
    """Something that looks like the parts of a lab."""


def _clients(n: int) -> Action:
    objects = labs.lab()
    many = [_object("ConfigMap", data=_keys(3)) for _ in range(n)]
    parts: Dict = dict.fromkeys(
        ("namespace", "quota", "env_config_map", "network_policy", "service", "pod")
    )
    given = type(objects)(**parts, config_maps=many, secrets=[], pvcs=[])
    return lambda: to_client_models(given, _Client)


CASES["client: objects"] = _clients
CASES["client: values of a model"] = lambda n: (
    lambda: plain(_Model([_Model([i]) for i in range(n)]))
)
CASES["client: keys"] = lambda n: lambda: plain({"data": _keys(n)})


def _user_file(text: str) -> object:
    return [parse_user(document, Access()) for document in load(text, "f.yaml")]


_add(
    "user file",
    _user_file,
    {
        "unknown keys": lambda n: json.dumps(_keys(n)),
        "secrets": lambda n: json.dumps({"secrets": _keys(n)}),
        "forms of secrets": lambda n: json.dumps({"secrets": _keys(n, {"base64": "eHg="})}),
        "wrong forms of secrets": lambda n: json.dumps({"secrets": _keys(n, {"x": "y"})}),
        "keys of one secret": lambda n: json.dumps({"secrets": {"a": _keys(n)}}),
        "users": lambda n: _json_lines([{"user": {"username": "u"}}] * n),
    },
)
_add(
    "names",
    lambda names: find_nameable("labs", names),
    {
        "users": lambda n: [(f"user{i}x", Source("f", i, 1)) for i in range(n)],
        "duplicates": lambda n: [("vera", Source("f", i, 1)) for i in range(n)],
        "wrong names": lambda n: [(f"-{i}", Source("f", i, 1)) for i in range(n)],
    },
)


def _strings(text: str) -> None:
    display_name(text[:128])  # as long as a tag may be
    for read in (
        parse_image, display_name, is_dns_subdomain, is_env_var_name, is_qualified_name, printable
    ):  # fmt: skip
        read(text)
    with suppress(ValueError):
        parse_quantity(text)


_add(
    "string",
    _strings,
    {
        "letters": lambda n: "a" * n + "!",
        "digits": lambda n: "1" * n + "!",
        "hyphens": lambda n: "a-" * n,
        "underscores": lambda n: "a_" * n + "-",
        "dots": lambda n: "a." * n,
        "a tag of cycles": lambda n: "w_2026_47" + "_c0020.1" * n + "!",
        "a tag of words": lambda n: "r29_1_0" + "_a-b" * n + "!",
        "an experimental tag": lambda n: "exp_" * n,
        "spaces": lambda n: "a" + " " * n + ":",
        "components": lambda n: "a/" * n + "!",
        "a registry": lambda n: "a-" * n + ".b/c",
        "addresses": lambda n: "[" + "a:" * n + "]/b",
    },
)
