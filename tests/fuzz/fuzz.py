"""Fuzzes the loader, user files and the rules for manifests with mutated input.

To fuzz for ten minutes, from the root of a checkout:

    python tests/fuzz/fuzz.py SEED 600

A third argument (`loader`, `userfile` or `manifests`) selects one target; by default the three
take turns. Each input depends only on the seed, the target and its number. A failure is printed
with all three, and

    python tests/fuzz/fuzz.py SEED 0 TARGET NUMBER

runs it again, prints the input and raises the exception. The exit status is 1 after any failure.
With `atheris` installed, `--atheris` instead of the seconds fuzzes the loader by coverage until
it is interrupted.

A failure is any exception but LabBuilderError, more than a second of CPU time, a message that
can't be encoded for a terminal, and YAML that reads back as something else.
"""

from __future__ import annotations

import copy
import importlib
import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema  # noqa: F401 (labbuilder imports it late; not part of an input's time)
import yaml

from labbuilder import output
from labbuilder.documents import load
from labbuilder.errors import LabBuilderError
from labbuilder.manifest import kind_of
from labbuilder.users.compile import UserFiles
from labbuilder.validation import rules, schemas

ROOT = Path(__file__).resolve().parent.parent
MAX_CPU_S = 1.0
TIMEOUT_S = 20
DIGEST = "5" * 64

USER_FILE: dict[str, Any] = {
    "config": {
        "namespacePrefix": "labs",
        "application": "labs",
        "sizes": [
            {
                "size": "small",
                "resources": {
                    "limits": {"cpu": 1, "memory": "4Gi"},
                    "requests": {"cpu": 0.5, "memory": "1Gi"},
                },
            }
        ],
        "volumes": [
            {"name": "home", "source": {"type": "nfs", "server": "nfs", "serverPath": "/homes"}},
            {"name": "node", "source": {"type": "hostPath", "path": "/data"}},
            {"name": "cache", "source": {"type": "emptyDir", "size": "1Gi"}},
            {
                "name": "scratch",
                "source": {
                    "type": "persistentVolumeClaim",
                    "accessModes": ["ReadWriteMany"],
                    "resources": {"requests": {"storage": "1Gi"}},
                },
            },
        ],
        "volumeMounts": [
            {"containerPath": "/home", "volumeName": "home"},
            {"containerPath": "/scratch", "volumeName": "scratch", "subPath": "a"},
        ],
        "files": {"/etc/motd": "Hello", "/opt/a.conf": "a: b\n"},
        "env": {"RSP_SITE_TYPE": "science"},
        "extraAnnotations": {"example.org/a": "b"},
        "namespaceAnnotations": {"example.org/ids": "{{ uid }}/{{ gid }}"},
        "nodeSelector": {"pool": "labs"},
        "secrets": [{"secretName": "s", "secretKey": "k", "env": "K", "path": "/opt/k"}],
        "initContainers": [
            {
                "name": "prepare",
                "image": {"repository": "registry.example/prepare", "tag": "1"},
                "command": ["sh", "-c", "true"],
                "volumeMounts": [{"containerPath": "/node", "volumeName": "node"}],
            }
        ],
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [
                        {"matchExpressions": [{"key": "a", "operator": "Exists"}]}
                    ]
                }
            }
        },
        "tolerations": [{"key": "a", "operator": "Equal", "value": "b", "effect": "NoSchedule"}],
        "nss": {"basePasswd": "root:x:0:0:root:/root:/bin/sh\n", "baseGroup": "root:x:0\n"},
        "pullSecret": "pull",
        "activityInterval": "1h30m",
    },
    "site": {"baseUrl": "https://data.example.org", "discovery": {"a": [1, 2.5, None, True]}},
    "user": {
        "username": "vera",
        "name": "Vera Rubin",
        "email": "vera@example.org",
        "uid": 1928,
        "gid": 1928,
        "groups": [{"name": "vera", "id": 1928}, {"name": "galaxies", "id": 31}],
        "quota": {"notebook": {"cpu": 4, "memory": 16, "spawn": True}},
    },
    "lab": {
        "options": {"size": "small", "enable_debug": True, "image_list": ["a"]},
        "env": {"JUPYTERHUB_SERVICE_PREFIX": "/user/vera/"},
    },
    "image": {
        "registry": "registry.example",
        "repository": "lab/notebook",
        "tag": "w_2026_47",
        "digest": f"sha256:{DIGEST}",
        "displayName": "Weekly",
    },
    "secrets": {"token": "not-a-real-token", "k": {"base64": "eA=="}},
    "pullSecret": {"data": {".dockerconfigjson": "eyJhdXRocyI6eyJyIjp7fX19"}},
}

# fmt: off
PIECES = [
    "a", "b", ": ", "- ", "? ", "\n", "\n  ", "\n    ", " ", "\t", "&a ", "*a ", "!x ", "!!int ",
    "!!binary ", "!<a> ", "<<: ", "<<", "1", "~", "[", "]", "{", "}", ",", "'", '"', "|\n", ">\n",
    "|-2\n", "---\n", "--- ", "...\n", "#", "%YAML 1.1\n", "%TAG ! x\n", "0x", "0o7", "1e9",
    ".inf", "-.nan", "\\", "\\u", "\\x00", "\\UFFFFFFFF", "\\ud800", "\ufeff", "\x00", "\x1b",
    "\x85", "\u2028", "\ue000", "\U0001f600", "\r", "\r\n", "9" * 99, "9" * 5000, "=", "@", "`",
    "%",
]
TEXTS = [
    "", " ", "a", "A", "0", "a.b", "a/b", "a-b", "-", ".", "..", "../..", "/", "//", "/a",
    "/a/../b", "/etc/passwd", "/etc/group", "/home", "a:b", "a=b", "a\nb", "a\0b", "\r", "\x85",
    "\u2028", "\u202e", "\x1b[31m", "\ue000", "\ue0000\ue001", "\ud800", "\U0001f600", "{{ uid }}",
    "{{ 7 * 7 }}", "{% if %}", "$(HOME)", "no", "null", "1e3", "0x10", "true", "~", "1Gi", "500m",
    "1.5", "-1", "a" * 63, "a" * 64, "a" * 254, "a" * 5000, " " * 500, "." * 500, "-" * 500,
    "token", "TCP", "ALL", "Always", "Exists", "Equal", "In", "NoExecute", "small", "huge",
    "custom", "nfs", "emptyDir", "hostPath", "persistentVolumeClaim", "home", "1h", "127.0.0.1",
    "::1", "10.0.0.0/8", "fe80::/10", "http://a", "https://", "registry.example/a:b", "sha256:",
    f"registry.example/a:b@sha256:{DIGEST}", "None", "ClusterIP", "ExternalName", "LoadBalancer",
    "RuntimeDefault", "Localhost", "Memory",
]
NUMBERS = [
    0, 1, -1, 2, 80, 8888, 65535, 65536, 99999, 2**31 - 1, 2**31, -(2**31), 2**63 - 1, 2**63,
    2**64, 10**20, 10**30, 0.5, -0.0, 1e308, 5e-324, 1e-7, float("nan"), float("inf"),
    float("-inf"),
]
# fmt: on

SCALARS: dict[str, Any] = {"string": "", "boolean": True, "integer": 0, "number": 0.5}

Target = Callable[[random.Random], tuple[Any, Callable[[], str]]]


def junk(rng: random.Random, depth: int = 2) -> Any:
    kind = rng.randrange(8 if depth else 6)
    if kind < 3:
        return rng.choice(TEXTS)
    if kind < 5:
        return rng.choice(NUMBERS)
    if kind < 6:
        return rng.choice([None, True, False, [], {}])
    size = rng.randrange(3)
    if kind < 7:
        return [junk(rng, depth - 1) for _ in range(size)]
    return {rng.choice(TEXTS): junk(rng, depth - 1) for _ in range(size)}


def alike(rng: random.Random, value: Any) -> Any:
    """Return another value of the same JSON Schema type."""
    if isinstance(value, bool):
        return rng.random() < 0.5
    if isinstance(value, int):
        return rng.choice([each for each in NUMBERS if isinstance(each, int)])
    if isinstance(value, float):
        return rng.choice(NUMBERS)
    return rng.choice(TEXTS) if isinstance(value, str) else junk(rng)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container and key of a tree."""
    items: Any = ()
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, below in items:
        yield value, key
        yield from places(below)


def mutate(rng: random.Random, tree: Any, *, gently: float) -> None:
    """Change one place of a tree; with probability `gently` to a value of the same type."""
    found = list(places(tree))
    if not found:
        return
    parent, key = rng.choice(found)
    kind = rng.randrange(10)
    if kind < 5:
        parent[key] = alike(rng, parent[key]) if rng.random() < gently else junk(rng)
    elif kind < 6:
        del parent[key]
    elif kind < 7:
        other, name = rng.choice(found)
        if isinstance(other, dict) and name not in other:  # it was deleted with its container
            return
        parent[key] = copy.deepcopy(other[name])
    elif isinstance(parent, list):
        parent.insert(rng.randrange(len(parent) + 1), copy.deepcopy(parent[key]))
    elif kind < 8:
        parent[rng.choice(TEXTS)] = parent.pop(key)
    else:
        names = [name for holder, name in found if isinstance(holder, dict)]
        parent[rng.choice(names)] = alike(rng, parent[key])


def corpus() -> list[str]:
    folders = [ROOT / "negative", ROOT.parent / "examples"]
    texts = [
        path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted(folder.glob("*.yaml"))
    ]
    return [*texts, yaml.safe_dump(USER_FILE), json.dumps(USER_FILE, indent=1), ""]


CORPUS = corpus()


def loader(rng: random.Random) -> tuple[Any, Callable[[], str]]:
    text = rng.choice(CORPUS)[: rng.choice([50, 500, 5000])]
    for _ in range(rng.randrange(1, 9)):
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.choice([0, 1, 1, 2, 10, 100]))
        kind = rng.randrange(6)
        if kind < 3:
            new = "".join(rng.choices(PIECES, k=rng.randrange(1, 4)))
        elif kind < 4:
            new = text[start:end] * rng.choice([0, 2, 3, 50])
        elif kind < 5:
            new = chr(rng.choice([rng.randrange(256), rng.randrange(0x11_0000)]))
        else:
            other = rng.choice(CORPUS)
            start_there = rng.randrange(len(other) + 1)
            new = other[start_there : start_there + 100]
        text = text[:start] + new + text[end:]
    given: str | bytes = text
    if rng.random() < 0.5:
        given = text.encode("utf-8", "surrogatepass")
        if given and rng.random() < 0.3:
            at = rng.randrange(len(given))
            given = given[:at] + bytes([rng.randrange(256)]) + given[at + 1 :]

    def run() -> str:
        found = load(given, "fuzz.yaml")
        return "loaded" if found else "nothing"

    return given, run


def userfile(rng: random.Random) -> tuple[Any, Callable[[], str]]:
    tree = copy.deepcopy(USER_FILE)
    for _ in range(rng.choice([1, 1, 1, 2, 4, 8])):
        mutate(rng, tree, gently=0.7)
    text = json.dumps(tree) if rng.random() < 0.1 else yaml.dump(tree, Dumper=Plain)

    def run() -> str:
        for document in load(text, "fuzz.yaml"):
            manifests = UserFiles().compile(document).manifests()
            written = output.to_yaml(manifests)
            if [each.data for each in load(written, "out")] != manifests:
                raise AssertionError("YAML reads back as something else")
            if list(yaml.safe_load_all(written)) != manifests:
                raise AssertionError("YAML 1.1 reads back as something else")
            json.loads(output.to_json(manifests))
            output.to_files([output.redact(each) for each in manifests], "yaml")
        return "compiled"

    return text, run


class Plain(yaml.SafeDumper):
    """PyYAML's dumper without aliases."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def grown(rng: random.Random, schema: Any, types: Any, depth: int) -> Any:
    """Generate a value that a schema accepts."""
    if "$ref" in schema:
        schema = {**types[schema["$ref"].rpartition("/")[2]], **schema}
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type", "object")
    kind = rng.choice(kind) if isinstance(kind, list) else kind
    if kind in SCALARS:
        return alike(rng, SCALARS[kind])
    if kind == "array":
        count = rng.randrange(3) if depth > 0 else 0
        return [grown(rng, schema["items"], types, depth - 1) for _ in range(count)]
    known = schema.get("properties", {})
    needed = set(schema.get("required", ()))
    chance = min(1.0, 5 / (len(known) or 1)) if depth > 0 else 0
    made = {
        name: grown(rng, part, types, depth - 1)
        for name, part in known.items()
        if name in needed or rng.random() < chance
    }
    values = schema.get("additionalProperties")
    if not known and isinstance(values, dict) and depth > 0:
        for _ in range(rng.randrange(3)):
            made[rng.choice(TEXTS)] = grown(rng, values, types, depth - 1)
    return made


def graft(rng: random.Random, manifest: Any, version: str) -> None:
    """Replace a field somewhere in a manifest by one generated from its schema."""
    kind = kind_of(manifest) if isinstance(manifest, dict) else ""
    if kind not in KINDS:  # an earlier change made it another kind
        return
    schema, types = schemas.definition(version, kind)
    value = manifest
    while True:
        if "$ref" in schema:
            schema = types[schema["$ref"].rpartition("/")[2]]
        if isinstance(value, list) and value and "items" in schema:
            value, schema = rng.choice(value), schema["items"]
            continue
        known = schema.get("properties", {})
        if not isinstance(value, dict) or not known:
            return
        present = [name for name in known if isinstance(value.get(name), dict | list)]
        if present and rng.random() < 0.8:
            name = rng.choice(present)
            value, schema = value[name], known[name]
            continue
        name = rng.choice(list(known))
        value[name] = grown(rng, known[name], types, rng.randrange(1, 6))
        return


def built() -> list[dict[str, Any]]:
    (document,) = load(json.dumps(USER_FILE), "fuzz.yaml")
    return UserFiles().compile(document).manifests()


BUILT = built()
KINDS = {kind_of(each) for each in BUILT}


def manifests(rng: random.Random) -> tuple[Any, Callable[[], str]]:
    version = rng.choice(schemas.VERSIONS)
    given = copy.deepcopy(BUILT if rng.random() < 0.3 else [rng.choice(BUILT)])
    if rng.random() < 0.3:
        (schema, types) = schemas.definition(version, kind_of(rng.choice(BUILT)))
        given.append(grown(rng, schema, types, 8))
    for _ in range(rng.choice([1, 1, 2, 3])):
        if given and rng.random() < 0.5:
            graft(rng, rng.choice(given), version)
        else:
            mutate(rng, given, gently=0.9)

    def run() -> str:
        passed = []
        for each in given:
            if isinstance(each, dict):
                found = schemas.check(each, version)
                if found:
                    "\n".join(map(str, found)).encode(errors="surrogatepass")
                else:
                    passed.append(each)
        for findings in rules.check(passed, rules.Target(version)):
            "\n".join(map(str, findings)).encode(errors="surrogatepass")
        return "judged" if passed else "no schema"

    return (version, given), run


TARGETS: dict[str, Target] = {"loader": loader, "userfile": userfile, "manifests": manifests}


class Hangs(Exception):  # noqa: N818 (not an error of the program)
    """An input takes too long."""


def _give_up(*_: object) -> None:
    raise Hangs


def say(text: object) -> None:
    """Print any text, escaping what can't be encoded."""
    line = f"{text}\n".encode("utf-8", "backslashreplace")
    sys.stdout.buffer.write(line)
    sys.stdout.flush()


def generator(seed: int | str, target: str, number: int | str) -> random.Random:
    return random.Random(f"{seed}:{target}:{number}")  # noqa: S311 (not for secrets)


def attempt(run: Callable[[], str]) -> tuple[str, str]:
    """Run one input; return how it ended, and what is wrong, if anything."""
    start = time.process_time()
    signal.setitimer(signal.ITIMER_REAL, TIMEOUT_S)
    try:
        ended, wrong = run(), ""
    except LabBuilderError as error:
        ended, wrong = "refused", ""
        str(error).encode("utf-8", "backslashreplace")
    except Exception as error:  # noqa: BLE001 (the failures to find)
        frame = traceback.extract_tb(error.__traceback__)[-1]
        ended = "crashed"
        wrong = f"{type(error).__name__} in {Path(frame.filename).name}:{frame.lineno}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    took = time.process_time() - start
    if not wrong and took > MAX_CPU_S:
        wrong = f"slow: {took:.1f} s"
    return ended, wrong


def fuzz(seed: int, seconds: float, targets: list[str]) -> int:
    ended: dict[str, Counter[str]] = {target: Counter() for target in targets}
    wrong: Counter[str] = Counter()
    slowest = dict.fromkeys(targets, 0.0)
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end:
        for target in targets:
            # Several of the fast target at a time, so that each gets a similar share of the time.
            for i in range(number * 10, number * 10 + (10 if target == "loader" else 1)):
                given, run = TARGETS[target](generator(seed, target, i))
                start = time.process_time()
                how, trouble = attempt(run)
                slowest[target] = max(slowest[target], time.process_time() - start)
                ended[target][how] += 1
                if trouble:
                    wrong[f"{target}: {trouble[:80]}"] += 1
                    if wrong[f"{target}: {trouble[:80]}"] == 1:
                        say(f"{seed} 0 {target} {i}: {trouble}\n    {given!r:.2000}")
        number += 1
    for target in targets:
        counts = f"{ended[target].total()} inputs, {dict(ended[target])}"
        say(f"{target}: {counts}, the slowest in {slowest[target]:.2f} s")
    for trouble, count in wrong.most_common():
        say(f"{count} times: {trouble}")
    return 1 if wrong else 0


def steer() -> None:
    """Let atheris choose the input of the loader."""
    atheris: Any = importlib.import_module("atheris")  # optional
    atheris.instrument_all()

    def one(data: bytes) -> None:
        try:
            load(data, "fuzz.yaml")
        except LabBuilderError as error:
            str(error).encode("utf-8", "backslashreplace")

    atheris.Setup([sys.argv[0]], one)
    atheris.Fuzz()


def main() -> int:
    seed, seconds, *more = sys.argv[1:]
    if seconds == "--atheris":
        steer()
        return 0
    signal.signal(signal.SIGALRM, _give_up)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # files that an input names don't exist here
        if len(more) > 1:
            given, run = TARGETS[more[0]](generator(seed, more[0], more[1]))
            say(given)
            say(run())
            return 0
        return fuzz(int(seed), float(seconds), more or list(TARGETS))


if __name__ == "__main__":
    sys.exit(main())
