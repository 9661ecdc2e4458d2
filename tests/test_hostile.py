"""Whatever is thrown at the compiler, it compiles or complains, soon."""

import base64
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from labs import arguments, lab
from typer.testing import CliRunner

from labbuilder import LabBuilderError, compile_lab
from labbuilder.cli import app
from labbuilder.documents import load
from labbuilder.errors import format_path

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


# The rest goes through the command line: a text, as bytes, on standard input.

SECRET = "correct-horse-battery"  # noqa: S105 (planted, to be looked for)
PLANTED = (SECRET, base64.b64encode(SECRET.encode()).decode())
DIGEST = "sha256:" + 64 * "5"
HARMLESS = f"""\
config:
  namespacePrefix: labs
  application: harmless-app
  env: {{HARMLESS_ENV: harmless-env}}
  extraAnnotations: {{example.org/note: harmless-note}}
  files: {{/opt/harmless-file: harmless-content}}
  homedirPrefix: /harmless-prefix
  homedirSuffix: harmless-suffix
  initContainers:
    - name: harmless-init
      image: {{repository: registry.example/harmless, tag: harmless-init-tag}}
      command: [harmless-command]
  labStartCommand: [/harmless-start]
  namespaceAnnotations: {{example.org/ids: harmless-template}}
  nodeSelector: {{example.org/pool: harmless-pool}}
  nss: {{basePasswd: harmless-passwd, baseGroup: harmless-base}}
  secrets:
    - {{secretName: harmless-shared, secretKey: other-key, env: HARMLESS_SECRET, path: /opt/safe}}
  sizes:
    - size: small
      resources:
        limits: {{cpu: 1, memory: 4Gi}}
        requests: {{cpu: 0.5, memory: 1Gi}}
  volumes:
    - name: home
      source:
        type: persistentVolumeClaim
        accessModes: [ReadWriteMany]
        storageClassName: harmless-class
        resources: {{requests: {{storage: 10Gi}}}}
  volumeMounts:
    - {{containerPath: /harmless-mount, volumeName: home, subPath: harmless-sub}}
site:
  baseUrl: https://harmless.example.org
  discovery: {{harmless: harmless-discovery}}
user:
  username: mallory
  name: Harmless Name
  uid: 4242
  gid: 4343
  groups: [{{name: harmless-group, id: 5151}}]
  quota: {{notebook: {{cpu: 4, memory: 16}}}}
lab:
  env: {{JUPYTERHUB_SERVICE_PREFIX: /harmless-service/, HARMLESS_LAB: harmless-lab}}
image:
  registry: registry.example
  repository: harmless/lab
  tag: harmless-tag
  digest: {DIGEST}
  displayName: Harmless Image
secrets:
  token: {SECRET}
  other-key: not-a-real-key
"""

USERNAME_LINE = HARMLESS[: HARMLESS.index("mallory")].count("\n") + 1

COMPLAINT = re.compile(
    r"(?:\S+?:(?P<line>\d+):(?P<column>\d+): )?(?:(?P<path>.*?): )??"
    r"error: .+ \[(?P<code>[-a-z\d]+)\]"
)
SUMMARY = re.compile(r"\d+ of \d+ labs failed: [!-~]+ \(<stdin>:\d+\)")
ABSENT = "absent"


def run(text: bytes) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["render", "-"], input=text, color=True)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    for secret in PLANTED:
        assert secret not in result.stderr
    return result.exit_code, result.stdout, result.stderr


def complaints(text: bytes) -> list[tuple[tuple[int, int], str]]:
    """Give the place, and the code and path, of all that is said of a text that is refused."""
    status, stdout, stderr = run(text)
    assert (status, stdout) == (2, "")
    found = []
    lines = stderr.splitlines()
    if " labs failed: " in lines[-1]:
        assert SUMMARY.fullmatch(lines.pop())
    for line in lines:
        match = COMPLAINT.fullmatch(line)  # so no line is anyone else's
        assert match, line
        assert line.isascii()  # no right-to-left mark
        assert line.isprintable()  # and no escape sequence
        place = int(match["line"] or 0), int(match["column"] or 0)
        found.append((place, f"{match['code']} {match['path'] or ''}".strip()))
    return found


def leaves(text: str) -> dict[str, Any]:
    """Give all that stands in manifests by where it stands."""

    def walk(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str, Any]]:
        items: Any = enumerate(value) if isinstance(value, list) else ()
        items = value.items() if isinstance(value, dict) else items
        if isinstance(value, dict | list) and value:
            for key, inner in items:
                yield from walk(inner, (*path, key))
        else:
            yield format_path(path), value

    manifests = list(yaml.safe_load_all(text))
    assert [each.data for each in load(text, "output")] == manifests  # YAML 1.2 reads the same
    return {
        f"{each['kind']}/{each['metadata']['name']} {path}": value
        for each in manifests
        for path, value in walk(each, ())
    }


@cache
def harmless() -> dict[str, Any]:
    status, stdout, stderr = run(HARMLESS.encode())
    assert (status, stderr) == (0, "")
    return leaves(stdout)


def edited(old: str, new: str) -> tuple[bytes, tuple[int, int], tuple[int, int]]:
    """Make an edit; give the text, and the places where the edit starts and ends in it."""
    assert HARMLESS.count(old) == 1
    at = HARMLESS.index(old)
    text = HARMLESS.replace(old, new)
    start, end = (
        (text.count("\n", 0, i) + 1, i - text.rfind("\n", 0, i)) for i in (at, at + len(new))
    )
    return text.encode(), start, end


TEMPLATE = 'template-error config.namespaceAnnotations["example.org/ids"]'
USER_NAME = 'Pod/mallory-nb metadata.annotations["nublado.lsst.io/user-name"]'
USER_GROUPS = 'Pod/mallory-nb metadata.annotations["nublado.lsst.io/user-groups"]'
IDS = 'Namespace/labs-mallory metadata.annotations["example.org/ids"]'
NOTE = 'Pod/mallory-nb metadata.annotations["example.org/note"]'
PASSWD = "ConfigMap/mallory-nb-nss data.passwd"  # noqa: S105 (no password)
GROUP = "ConfigMap/mallory-nb-nss data.group"
FILE = "ConfigMap/mallory-nb-files data.harmless-file"
DISCOVERY = "ConfigMap/mallory-nb-files data.discovery-v1-json"
ENV = "ConfigMap/mallory-nb-env data."


def passwd(name: str, home: str = "/harmless-prefix/mallory/harmless-suffix") -> str:
    return f"harmless-passwd\nmallory:x:4242:4343:{name}:{home}:/bin/bash\n"


def groups(name: str) -> dict[str, Any]:
    return {
        USER_GROUPS: json.dumps([{"name": name, "id": 5151}]),
        GROUP: f"harmless-base\n{name}:x:5151:mallory\nmallory:x:4343:\n",
    }


def home(path: str) -> dict[str, Any]:
    return {
        PASSWD: passwd("Harmless Name", path),
        "Pod/mallory-nb spec.containers[0].workingDir": path,
        "Pod/mallory-nb spec.initContainers[0].env[0].value": path,
        "Pod/mallory-nb spec.initContainers[1].env[0].value": path,
    }


def mounts(field: str, value: str) -> dict[str, Any]:
    return {
        f"Pod/mallory-nb spec.{containers}.volumeMounts[0].{field}": value
        for containers in ("containers[0]", "initContainers[1]")
    }


# What is edited, what to, and the code and path of each complaint.
# fmt: off
REFUSED: dict[str, tuple[str, str, str]] = {
    # Names
    "username with capitals": ("mallory", "Mallory", "invalid-username user.username"),
    "username with dots": ("mallory", "mal.lory", "invalid-username user.username"),
    "username of digits": ("mallory", '"12345"', "invalid-username user.username"),
    "username that is a number": ("mallory", "12345", "wrong-type user.username"),
    "username that is a float": ("mallory", "1e3", "wrong-type user.username"),
    "username that is nothing": ("mallory", "null", "wrong-type user.username"),
    "username with a last dash": ("mallory", "mallory-", "invalid-username user.username"),
    "username with two dashes": ("mallory", "mal--lory", "invalid-username user.username"),
    "username of 64": ("mallory", "m" * 64, "invalid-username user.username"),
    "username of 60 after a prefix": ("mallory", "m" * 60, "name-too-long user.username"),
    "username that is empty": ("mallory", '""', "invalid-username user.username"),
    "username and a line": ("mallory", r'"mallory\n"', "invalid-username user.username"),
    "username and a field": ("mallory", '"mallory:x"', "invalid-username user.username"),
    "username and U+2028": ("mallory", r'"mal\Llory"', "invalid-username user.username"),
    "username of look-alikes": ("mallory", "m\u0430llory", "invalid-username user.username"),
    "username, right to left": ("mallory", "\u202eyrollam", "invalid-username user.username"),
    "username with wide letters": ("mallory", "\uff4dallory", "invalid-username user.username"),
    "username with other digits": ("mallory", "mallory\u0663", "invalid-username user.username"),
    "username with an escape": ("mallory", r'"\e[2Jmallory"', "invalid-username user.username"),
    "username that is a path": ("mallory", "../mallory", "invalid-username user.username"),
    "username that is a template": ("mallory", "'{{ 1 }}'", "invalid-username user.username"),
    "username that is shell": ("mallory", "'$(id)'", "invalid-username user.username"),
    "username of 10 MB": ("mallory", "m" * 10_000_000, "invalid-username user.username"),
    "name with NUL": ("Harmless Name", r'"a\0b"', "invalid-text user.name"),
    "name that is a list": ("Harmless Name", "[a]", "wrong-type user.name"),
    "email with NUL": ("uid: 4242", 'uid: 4242\n  email: "\\0"', "invalid-text user.email"),
    # Groups
    "group and a line": (
        "harmless-group", r'"x\nroot:x:0:mallory"', "invalid-group user.groups[0].name"),
    "group and \\r": ("harmless-group", r'"a\rb"', "invalid-group user.groups[0].name"),
    "group and NEL": ("harmless-group", r'"a\Nb"', "invalid-group user.groups[0].name"),
    "group and U+2028": ("harmless-group", r'"a\Lb"', "invalid-group user.groups[0].name"),
    "group and U+2029": ("harmless-group", r'"a\Pb"', "invalid-group user.groups[0].name"),
    "group and vertical tab": ("harmless-group", r'"a\vb"', "invalid-group user.groups[0].name"),
    "group and form feed": ("harmless-group", r'"a\fb"', "invalid-group user.groups[0].name"),
    "group and U+001C": ("harmless-group", r'"a\x1cb"', "invalid-group user.groups[0].name"),
    "group and NUL": ("harmless-group", r'"a\0b"', "invalid-text user.groups[0].name"),
    "group and a field": ("harmless-group", '"a:x:0"', "invalid-group user.groups[0].name"),
    "group of spaces": ("harmless-group", '"  "', "invalid-group user.groups[0].name"),
    "group of nothing": ("harmless-group", '""', "invalid-group user.groups[0].name"),
    "group root's id": ("5151", "0", "invalid-id user.groups[0].id"),
    "group id beyond 31 bits": ("5151", "2147483648", "invalid-id user.groups[0].id"),
    "group id as text": ("5151", '"5151"', "wrong-type user.groups[0].id"),
    "group id as a float": ("5151", "5151.0", "wrong-type user.groups[0].id"),
    # Ids
    "uid of root": ("4242", "0", "invalid-id user.uid"),
    "uid of root in octal": ("4242", "0o0", "invalid-id user.uid"),
    "uid minus nothing": ("4242", "-0", "invalid-id user.uid"),
    "uid below root": ("4242", "-1", "invalid-id user.uid"),
    "uid that wraps to root": ("4242", str(2**32), "invalid-id user.uid"),
    "uid that wraps around": ("4242", str(2**64 + 1), "invalid-id user.uid"),
    "uid of 100 digits": ("4242", "9" * 100, "invalid-id user.uid"),
    "uid of 10,000 digits": ("4242", "9" * 10_000, "yaml-number-too-large user.uid"),
    "uid of 10,000 digits in base 16": (
        "4242", "0x" + "f" * 10_000, "yaml-number-too-large user.uid"),
    "uid as text": ("4242", '"4242"', "wrong-type user.uid"),
    "uid as a float": ("4242", "4242.0", "wrong-type user.uid"),
    "uid as infinity": ("4242", ".inf", "wrong-type user.uid"),
    "uid as true": ("4242", "true", "wrong-type user.uid"),
    "gid of root": ("4343", "0", "invalid-id user.gid"),
    "gid below root": ("4343", "-4343", "invalid-id user.gid"),
    "gid as false": ("4343", "false", "wrong-type user.gid"),
    # Quantities
    "quota of no number": ("cpu: 4,", "cpu: .nan,", "invalid-value user.quota.notebook.cpu"),
    "quota without end": ("cpu: 4,", "cpu: .inf,", "invalid-value user.quota.notebook.cpu"),
    "quota below nothing": ("cpu: 4,", "cpu: -.inf,", "invalid-value user.quota.notebook.cpu"),
    "quota of 1e400": ("cpu: 4,", "cpu: 1e400,", "yaml-number-too-large user.quota.notebook.cpu"),
    "quota of 1e300": ("cpu: 4,", "cpu: 1e300,", "invalid-value user.quota.notebook.cpu"),
    "quota as text": ("cpu: 4,", 'cpu: "4",', "wrong-type user.quota.notebook.cpu"),
    "quota as true": ("cpu: 4,", "cpu: true,", "wrong-type user.quota.notebook.cpu"),
    "quota of 1e30 GiB": (
        "memory: 16}", "memory: 1e30}", "invalid-value user.quota.notebook.memory"),
    "size of no number": (
        "cpu: 1,", "cpu: .nan,", "invalid-cpu config.sizes[0].resources.limits.cpu"),
    "size without end": (
        "cpu: 1,", "cpu: .inf,", "invalid-cpu config.sizes[0].resources.limits.cpu"),
    "size of 1e400": (
        "cpu: 1,", "cpu: 1e400,", "yaml-number-too-large config.sizes[0].resources.limits.cpu"),
    "size of other digits": (
        "cpu: 1,", "cpu: \u0661,", "invalid-cpu config.sizes[0].resources.limits.cpu"),
    "size and a line": (
        "memory: 4Gi", r'memory: "4Gi\n"',
        "invalid-memory config.sizes[0].resources.limits.memory"),
    "size of 2**64 bytes": (
        "memory: 4Gi", f"memory: {2**64}",
        "invalid-memory config.sizes[0].resources.limits.memory"),
    "size of 100 digits": (
        "memory: 4Gi", f"memory: {'9' * 100}",
        "invalid-memory config.sizes[0].resources.limits.memory"),
    # Paths
    "homes upwards": ("/harmless-prefix", "/a/../etc", "invalid-path config.homedirPrefix"),
    "homes somewhere": ("/harmless-prefix", "a", "invalid-path config.homedirPrefix"),
    "homes and a field": (
        "/harmless-prefix", '"/a:/bin/evil"', "invalid-path config.homedirPrefix"),
    "homes and a line": (
        "/harmless-prefix", r'"/a\nroot:x:0:0"', "invalid-path config.homedirPrefix"),
    "homes and NEL": ("/harmless-prefix", r'"/a\Nb"', "invalid-path config.homedirPrefix"),
    "homes in the root": ("/harmless-prefix", "///", "invalid-path config.homedirPrefix"),
    "suffix upwards": ("harmless-suffix", "../../etc", "invalid-path config.homedirSuffix"),
    "suffix upwards later": ("harmless-suffix", "/a/..", "invalid-path config.homedirSuffix"),
    "suffix and a field": ("harmless-suffix", '"a:b"', "invalid-path config.homedirSuffix"),
    "suffix and U+2028": ("harmless-suffix", r'"a\Lb"', "invalid-path config.homedirSuffix"),
    "sub-path upwards": ("harmless-sub", "a/../..", "invalid-path config.volumeMounts[0].subPath"),
    "sub-path of all": ("harmless-sub", "/etc", "invalid-path config.volumeMounts[0].subPath"),
    "sub-path and a line": (
        "harmless-sub", r'"a\nb"', "invalid-path config.volumeMounts[0].subPath"),
    "mount over passwd": (
        "/harmless-mount", "/etc/passwd", "reserved-path config.volumeMounts[0].containerPath"),
    "mount over passwd, disguised": (
        "/harmless-mount", "//etc/.///passwd/",
        "reserved-path config.volumeMounts[0].containerPath"),
    "mount below passwd": (
        "/harmless-mount", "/etc/passwd/a", "reserved-path config.volumeMounts[0].containerPath"),
    "mount over all": (
        "/harmless-mount", "/.", "reserved-path config.volumeMounts[0].containerPath"),
    "mount over the secrets": (
        "/harmless-mount", "/etc/nublado/secrets/token",
        "reserved-path config.volumeMounts[0].containerPath"),
    "mount, right to left": (
        "/harmless-mount", "/\u202ea", "invalid-path config.volumeMounts[0].containerPath"),
    "storage class upwards": (
        "harmless-class", "../a", "invalid-name config.volumes[0].source.storageClassName"),
    "storage and a line": (
        "10Gi", r'"10Gi\n"',
        "invalid-storage config.volumes[0].source.resources.requests.storage"),
    "storage of no number": (
        "10Gi", ".nan", "invalid-storage config.volumes[0].source.resources.requests.storage"),
    "file over passwd": (
        "/opt/harmless-file", "/etc/passwd", 'reserved-path config.files["/etc/passwd"]'),
    "file over group, disguised": (
        "/opt/harmless-file", "/etc//./group", 'reserved-path config.files["/etc//./group"]'),
    "file upwards": (
        "/opt/harmless-file", "/opt/../etc/x", 'invalid-path config.files["/opt/../etc/x"]'),
    "file of no name": ("/opt/harmless-file", "/opt/..", 'invalid-path config.files["/opt/.."]'),
    "file of a kubelet's": (
        "/opt/harmless-file", "/opt/..data", 'invalid-path config.files["/opt/..data"]'),
    "file and a line": (
        "/opt/harmless-file", r'"/opt/a\nb"', 'invalid-path config.files["/opt/a\\nb"]'),
    "file with NUL": (
        "harmless-content", r'"\0"', 'invalid-text config.files["/opt/harmless-file"]'),
    # Environments, annotations, labels, keys
    "variable of two": (
        "HARMLESS_ENV:", "A=B:", 'invalid-key config.env["A=B"]'),
    "variable with NUL": (
        "HARMLESS_ENV:", r'"A\0B":', r'invalid-key config.env["A\u0000B"]'),
    "variable and a line": (
        "HARMLESS_ENV:", r'"A\nB":', r'invalid-key config.env["A\nB"]'),
    "variable of nothing": ("HARMLESS_ENV:", '"":', 'invalid-key config.env[""]'),
    "variable of the lab's": (
        "HARMLESS_ENV:", "ACCESS_TOKEN:", "reserved-env config.env.ACCESS_TOKEN"),
    "variable of the hub's": (
        "HARMLESS_ENV:", "JUPYTERHUB_API_TOKEN:", "reserved-env config.env.JUPYTERHUB_API_TOKEN"),
    "value with NUL": (
        "harmless-env", r'"a\0b"', "invalid-text config.env.HARMLESS_ENV"),
    "requested variable of two": (
        "HARMLESS_LAB:", "LD_PRELOAD=x:", 'invalid-key lab.env["LD_PRELOAD=x"]'),
    "requested value with NUL": ("harmless-lab", r'"\0"', "invalid-text lab.env.HARMLESS_LAB"),
    "prefix of another host": (
        "/harmless-service/", '"@evil.example/"',
        "invalid-prefix lab.env.JUPYTERHUB_SERVICE_PREFIX"),
    "prefix and a line": (
        "/harmless-service/", r'"/a\r\nHost: evil"',
        "invalid-prefix lab.env.JUPYTERHUB_SERVICE_PREFIX"),
    "annotation of two lines": (
        "example.org/note:", r'"a\nb":',
        r'invalid-annotation-key config.extraAnnotations["a\nb"]'),
    "annotation of a path": (
        "example.org/note:", "../note:",
        'invalid-annotation-key config.extraAnnotations["../note"]'),
    "annotation of the lab's": (
        "example.org/note:", "nublado.lsst.io/user-name:",
        'reserved-annotation config.extraAnnotations["nublado.lsst.io/user-name"]'),
    "label and a line": ("harmless-app", r'"a\nb"', "invalid-label-value config.application"),
    "label of 64": ("harmless-app", "a" * 64, "invalid-label-value config.application"),
    "selector and a line": (
        "harmless-pool", r'"a\n"', 'invalid-label-value config.nodeSelector["example.org/pool"]'),
    "selector of a path": (
        "example.org/pool:", "a/b/c:", 'invalid-label-key config.nodeSelector["a/b/c"]'),
    "secret key of a path": (
        "secretKey: other-key", "secretKey: a/b", "invalid-key config.secrets[0].secretKey"),
    "secret key of the token": (
        "secretKey: other-key", "secretKey: token", "reserved-secret config.secrets[0].secretKey"),
    "secret key upwards": ("  other-key:", "  ..:", 'invalid-key secrets[".."]'),
    "secret of a path": ("  other-key:", "  ../token:", 'invalid-key secrets["../token"]'),
    "secret and a line": ("  other-key:", '  "a\\nb":', r'invalid-key secrets["a\nb"]'),
    "secret name of a path": (
        "harmless-shared", "../shared", "invalid-name config.secrets[0].secretName"),
    "secret variable of two": ("HARMLESS_SECRET", "A=B", "invalid-env-name config.secrets[0].env"),
    "secret over the lab's": (
        "HARMLESS_SECRET", "NUBLADO_TOKEN", "reserved-env config.secrets[0].env"),
    "secret over passwd": ("/opt/safe", "/etc/passwd", "reserved-path config.secrets[0].path"),
    # Images and addresses
    "image with a digest twice": (
        f"digest: {DIGEST}", f"digest: {DIGEST}@{DIGEST}", "invalid-image image.digest"),
    "image of another host": (
        "registry: registry.example", "registry: registry.example@evil",
        "invalid-image image.registry"),
    "image with a space": ("harmless/lab", "harmless/lab x", "invalid-image image.repository"),
    "image with capitals": ("harmless/lab", "Harmless/lab", "invalid-image image.repository"),
    "image of look-alikes": (
        "harmless/lab", "h\u0430rmless/lab", "invalid-image image.repository"),
    "image upwards": ("harmless/lab", "../lab", "invalid-image image.repository"),
    "image, very long": ("harmless/lab", "a/" * 500_000 + "a", "invalid-image image.repository"),
    "image and a line": ("harmless-tag", r'"a\n"', "invalid-image image.tag"),
    "image of 129": ("harmless-tag", "a" * 129, "invalid-image image.tag"),
    "image with a template": ("harmless-tag", "'{{ 1 }}'", "invalid-image image.tag"),
    "image name with NUL": ("Harmless Image", r'"\0"', "invalid-text image.displayName"),
    "init container of another digest": (
        "registry.example/harmless", f'"registry.example/harmless@{DIGEST}"',
        "invalid-image config.initContainers[0].image.repository"),
    "init container and a line": (
        "harmless-init\n", '"a\\nb"\n', "invalid-name config.initContainers[0].name"),
    "init container in the lab's place": (
        "harmless-init\n", "notebook\n", "reserved-container config.initContainers[0].name"),
    "site of a script": (
        "https://harmless.example.org", '"javascript:a"', "invalid-url site.baseUrl"),
    "site and a line": (
        "https://harmless.example.org", r'"https://a\nb"', "invalid-url site.baseUrl"),
    "site of nothing": ("https://harmless.example.org", '"https://"', "invalid-url site.baseUrl"),
    "discovery of no number": (
        "{harmless: harmless-discovery}", "{harmless: .nan}", "invalid-json site.discovery"),
    # Values of other types and shapes
    "object of Python's": (
        "harmless-env", "!!python/object/apply:os.system [id]",
        "unsupported-tag config.env.HARMLESS_ENV"),
    "name of Python's": (
        "harmless-env", "!!python/name:os.system x", "unsupported-tag config.env.HARMLESS_ENV"),
    "tag of one's own": ("harmless-env", "!Ref x", "unsupported-tag config.env.HARMLESS_ENV"),
    "tag of a set": ("harmless-env", "!!set {a}", "unsupported-tag config.env.HARMLESS_ENV"),
    "tag of binary": ("harmless-env", "!!binary eA==", "unsupported-tag config.env.HARMLESS_ENV"),
    "tag that lies": ("4242", "!!int x", "unsupported-tag user.uid"),
    "key twice": ("harmless-env", "a, HARMLESS_ENV: b", "duplicate-key config.env"),
    "key twice, disguised": (
        "harmless-env", r'a, "HARMLESS\x5fENV": b', "duplicate-key config.env"),
    "key that is a list": ("HARMLESS_ENV:", "[a]:", "yaml-key-not-text config.env"),
    "key that is a mapping": ("HARMLESS_ENV:", "{a: b}:", "yaml-key-not-text config.env"),
    "key that is a number": ("HARMLESS_ENV:", "1:", "yaml-key-not-text config.env"),
    "key that is true": ("HARMLESS_ENV:", "true:", "yaml-key-not-text config.env"),
    "key that is nothing": ("HARMLESS_ENV:", "~:", "yaml-key-not-text config.env"),
    "key of a class": (
        "uid: 4242", "uid: 4242\n  __class__: x", "unknown-field user.__class__"),
    "alias of nothing": ("harmless-env", "*x", "yaml-alias config.env.HARMLESS_ENV"),
    "alias of itself": (
        "[harmless-command]", "&x [*x]", "yaml-alias config.initContainers[0].command[0]"),
    "merge of itself": ("HARMLESS_ENV: harmless-env", "<<: *x", "yaml-alias config.env"),
    "merge of a text": ("HARMLESS_ENV: harmless-env", "<<: x", "yaml-merge config.env"),
    # Templates
    "template of a class": (
        "harmless-template", "\"{{ ''.__class__ }}\"", TEMPLATE),
    "template of an attribute": ("harmless-template", '"{{ uid.real }}"', TEMPLATE),
    "template of an item": ("harmless-template", "\"{{ uid['__class__'] }}\"", TEMPLATE),
    "template of a filter": ("harmless-template", "\"{{ uid|attr('__class__') }}\"", TEMPLATE),
    "template of a loop": ("harmless-template", '"{% for a in 1 %}{% endfor %}"', TEMPLATE),
    "template of a range": (
        "harmless-template", '"{% for a in range(10**9) %}a{% endfor %}"', TEMPLATE),
    "template of a call": ("harmless-template", '"{{ range(999999999)|list }}"', TEMPLATE),
    "template of a file": ("harmless-template", "\"{% include '/etc/passwd' %}\"", TEMPLATE),
    "template of an import": ("harmless-template", "\"{% import 'pod.yaml' as p %}\"", TEMPLATE),
    "template that extends": ("harmless-template", "\"{% extends 'pod.yaml' %}\"", TEMPLATE),
    "template of a macro": ("harmless-template", '"{% macro a() %}{% endmacro %}"', TEMPLATE),
    "template of a set": ("harmless-template", '"{% set uid = 0 %}"', TEMPLATE),
    "template of much text": ("harmless-template", "\"{{ 'a' * 999999999 }}\"", TEMPLATE),
    "template of much text, reversed": (
        "harmless-template", "\"{{ 999999999 * 'a' }}\"", TEMPLATE),
    "template of a width": ("harmless-template", "\"{{ '%999999999d' % uid }}\"", TEMPLATE),
    "template of a power": ("harmless-template", '"{{ 9 ** 9 ** 9 }}"', TEMPLATE),
    "template of a product": ("harmless-template", f'"{{{{ {"uid*" * 480}1 }}}}"', TEMPLATE),
    "template by nothing": ("harmless-template", '"{{ uid // 0 }}"', TEMPLATE),
    "template of brackets": (
        "harmless-template", f'"{{{{ {"(" * 990}1{")" * 990} }}}}"', TEMPLATE),
    "template of signs": ("harmless-template", f'"{{{{ {"-" * 1900}1 }}}}"', TEMPLATE),
    "template of conditions": (
        "harmless-template", f'"{"{%if 1%}" * 110}{"{%endif%}" * 110}"', TEMPLATE),
    "template of half a pair": ("harmless-template", """'{{ uid ~ "\\ud800" }}'""", TEMPLATE),
    "template of another name": ("harmless-template", '"{{ self }}"', TEMPLATE),
    "template of an environment": ("harmless-template", '"{{ environ }}"', TEMPLATE),
    "template with an escape": ("harmless-template", r'"{{ \e[2J }}"', TEMPLATE),
    "template with lines": ("harmless-template", r'"{{ \n\n\n uid uid"', TEMPLATE),
    "template without end": ("harmless-template", '"{{ uid"', TEMPLATE),
    "template of one's own filter": ("harmless-template", '"{{ uid|pprint }}"', TEMPLATE),
    "template of 2,001 characters": ("harmless-template", "x" * 2_001, TEMPLATE),
}

# What is edited, what to, and where the result differs from that of the harmless lab, and how.
CARRIED: dict[str, tuple[str, str, dict[str, Any]]] = {
    **{
        f"name and {what}": (
            "Harmless Name", f'"Eve{escape}root:x:0:0::/root:/bin/sh"', {
                USER_NAME: f"Eve{character}root:x:0:0::/root:/bin/sh",
                PASSWD: passwd("Eve root x 0 0 /root /bin/sh"),
            })
        for what, escape, character in [
            ("a line", r"\n", "\n"), ("two lines", r"\r\n", "\r\n"), ("\\r", r"\r", "\r"),
            ("NEL", r"\N", "\x85"), ("U+2028", r"\L", "\u2028"), ("U+2029", r"\P", "\u2029"),
            ("vertical tab", r"\v", "\v"), ("form feed", r"\f", "\f"), ("U+001C", r"\x1c", "\x1c"),
            ("a field", ":", ":"), ("an escape", r"\e", "\x1b"), ("DEL", r"\x7f", "\x7f"),
        ]
    },
    "name that is a template": ("Harmless Name", "'{{ 7*7 }}{% include \"x\" %}'", {
        USER_NAME: '{{ 7*7 }}{% include "x" %}', PASSWD: passwd('{{ 7*7 }}{% include "x" %}')}),
    "name of a placeholder": ("Harmless Name", r'"\uE0000\uE001 \uE001\uE000"', {
        USER_NAME: "\ue0000\ue001 \ue001\ue000", PASSWD: passwd("\ue0000\ue001 \ue001\ue000")}),
    "name, right to left": ("Harmless Name", "\u202eeve\u2066\u200b", {
        USER_NAME: "\u202eeve\u2066\u200b", PASSWD: passwd("\u202eeve\u2066\u200b")}),
    "name beyond the basic plane": ("Harmless Name", "\U0001f468\u200d\U0001f680", {
        USER_NAME: "\U0001f468\u200d\U0001f680", PASSWD: passwd("\U0001f468\u200d\U0001f680")}),
    "name that is YAML": ("Harmless Name", r'"\n---\nkind: Pod\n...\n"', {
        USER_NAME: "\n---\nkind: Pod\n...\n", PASSWD: passwd("--- kind Pod ...")}),
    "name of a date": ("Harmless Name", "2026-01-01", {
        USER_NAME: "2026-01-01", PASSWD: passwd("2026-01-01")}),
    "name of an hour": ("Harmless Name", "12:30:45", {
        USER_NAME: "12:30:45", PASSWD: passwd("12 30 45")}),
    "group of the same name as root's": ("harmless-group", "root", groups("root")),
    "group of look-alikes": ("harmless-group", "r\u043eot", groups("r\u043eot")),
    "group that is JSON": ("harmless-group", """'"}]'""", groups('"}]')),
    "group that is a template": ("harmless-group", "'{{ uid }}'", groups("{{ uid }}")),
    "passwd without an end": ("harmless-passwd", r'"a:x:0:0::/:\r"', {
        PASSWD: "a:x:0:0::/:\r\n" + passwd("Harmless Name").partition("\n")[2]}),
    "passwd that ends in NEL": ("harmless-passwd", r'"a\N"', {
        PASSWD: "a\x85\n" + passwd("Harmless Name").partition("\n")[2]}),
    "group file without an end": ("harmless-base", r'"a:x:0:\v"', {
        GROUP: "a:x:0:\v\nharmless-group:x:5151:mallory\nmallory:x:4343:\n"}),
    "suffix of the root": ("harmless-suffix", "/etc/", home("/harmless-prefix/mallory/etc")),
    "suffix of a shell": ("harmless-suffix", "'$(id)'", home("/harmless-prefix/mallory/$(id)")),
    "sub-path of dots": ("harmless-sub", "..a/.../b", mounts("subPath", "..a/.../b")),
    "sub-path of a template": ("harmless-sub", "'{{ uid }}'", mounts("subPath", "{{ uid }}")),
    "mount of a template": ("/harmless-mount", "'/{{ uid }}'", mounts("mountPath", "/{{ uid }}")),
    "file that is YAML": (
        "harmless-content", r'"---\nkind: Pod\n...\n\n--- !!python/x\n\tx: *y"', {
        FILE: "---\nkind: Pod\n...\n\n--- !!python/x\n\tx: *y"}),
    "file that is a template": ("harmless-content", "'{{ uid }}{% raw %}'", {
        FILE: "{{ uid }}{% raw %}"}),
    "file of control characters": ("harmless-content", r'"\x01\b\e\x7f\N\L\uFEFF\uFFFF "', {
        FILE: "\x01\b\x1b\x7f\x85\u2028\ufeff\uffff "}),
    "variable that adds one": ("harmless-env", r'"x\nLD_PRELOAD=/tmp/evil.so"', {
        ENV + "HARMLESS_ENV": "x\nLD_PRELOAD=/tmp/evil.so"}),
    "variable of a template": ("harmless-env", "'{{ uid }}'", {ENV + "HARMLESS_ENV": "{{ uid }}"}),
    "variable of an expansion": ("harmless-env", "'$(ACCESS_TOKEN)'", {
        ENV + "HARMLESS_ENV": "$(ACCESS_TOKEN)"}),
    "variable of no": ("harmless-env", "no", {ENV + "HARMLESS_ENV": "no"}),
    "variable in base 60": ("harmless-env", "1:30", {ENV + "HARMLESS_ENV": "1:30"}),
    "variable of a merge": ("harmless-env", '"<<"', {ENV + "HARMLESS_ENV": "<<"}),
    "variable of an equals sign": ("harmless-env", "=", {ENV + "HARMLESS_ENV": "="}),
    "variable of 1e400": ("harmless-env", '"1e400"', {ENV + "HARMLESS_ENV": "1e400"}),
    "variable of 10,000 digits": ("harmless-env", '"' + "9" * 10_000 + '"', {
        ENV + "HARMLESS_ENV": "9" * 10_000}),
    "variable of a long line": ("harmless-env", "x " * 100_000 + "x", {
        ENV + "HARMLESS_ENV": "x " * 100_000 + "x"}),
    "variable of many lines": ("harmless-env", '"' + r"\n" * 10_000 + '"', {
        ENV + "HARMLESS_ENV": "\n" * 10_000}),
    "requested variable that adds one": ("harmless-lab", r'"x\rPATH=/tmp\0"'.replace(r"\0", ""), {
        ENV + "HARMLESS_LAB": "x\rPATH=/tmp"}),
    "prefix of two slashes": ("/harmless-service/", "//evil.example/", {
        ENV + "JUPYTERHUB_SERVICE_PREFIX": "//evil.example/"}),
    "annotation of lines": ("harmless-note", r'"a\nb: c\r\n- d\L"', {
        NOTE: "a\nb: c\r\n- d\u2028"}),
    "annotation of a template": ("harmless-note", "'{{ uid }}'", {NOTE: "{{ uid }}"}),
    "image name of lines": ("Harmless Image", r'"a\nb{{ uid }}"', {
        ENV + "IMAGE_DESCRIPTION": "a\nb{{ uid }}"}),
    "command of a shell": ("[harmless-command]", "[sh, -c, '{{ uid }}; $(id)']", {
        "Pod/mallory-nb spec.initContainers[0].command[0]": "sh",
        "Pod/mallory-nb spec.initContainers[0].command[1]": "-c",
        "Pod/mallory-nb spec.initContainers[0].command[2]": "{{ uid }}; $(id)"}),
    "start that is quoted": ("/harmless-start", '''"a'b c\\n;id"''', {
        ENV + "JUPYTERLAB_START_COMMAND": "'a'\"'\"'b c\n;id'",
        "Pod/mallory-nb spec.containers[0].args[0]": "a'b c\n;id"}),
    "discovery of lines": ("harmless-discovery", r'"\"}\n---\nkind: Pod\L\U0001F600"', {
        DISCOVERY: '{\n  "harmless": "\\"}\\n---\\nkind: Pod\\u2028\\ud83d\\ude00"\n}'}),
    "discovery of a huge number": ("harmless-discovery", "9" * 100, {
        DISCOVERY: '{\n  "harmless": ' + "9" * 100 + "\n}"}),
    "key of a prototype": ("{harmless: harmless-discovery}", "{__proto__: x, <<: {a: b}}", {
        DISCOVERY: '{\n  "__proto__": "x",\n  "a": "b"\n}'}),
    "template of both ids": (
        "harmless-template", r'"{{ uid }}:{{ gid }}\n{% raw %}{{ x }}{% endraw %}"', {
        IDS: "4242:4343\n{{ x }}"}),
    "template of YAML": ("harmless-template", r'''"{{ '\n---\nkind: Pod # ' ~ uid }}"''', {
        IDS:
            "\n---\nkind: Pod # 4242"}),
    "template that is only a comment": ("harmless-template", "'{# {{ x }} #}'", {
        IDS: ""}),
    "secret of lines": ("not-a-real-key", r'"\n---\n\0\x1b"', {
        "Secret/mallory-nb data.other-key": base64.b64encode(b"\n---\n\0\x1b").decode()}),
    "template of many digits": ("harmless-template", f'"{{{{ {"9" * 1900} * 9 }}}}"', {
        IDS: "8" + "9" * 1899 + "1"}),
}

# Usernames that some reader of YAML takes for something else than text.
RENAMED = ["no", "null", "1e3", "0xa", "yes", "true", "on", "off", "nan", "1000e1", "0b1"]

# Whole texts, and the line, column, code and path of each complaint.
TEXTS: dict[str, tuple[bytes, list[str]]] = {
    "nothing": (b"", ["1:1 empty-file"]),
    "only comments": (b"# a\n---\n# b\n", ["1:1 empty-file"]),
    "text": (b"mallory", ["1:1 wrong-type"]),
    "a list": (b"- a", ["1:1 wrong-type"]),
    "NUL": (b"user: \0", ["1:7 yaml-syntax"]),
    "NUL alone": (b"\0", ["1:1 yaml-syntax"]),
    "an escape": (b"a: 1\nuser: \x1b[31m", ["2:7 yaml-syntax"]),
    "a bell in a comment": (b"# \x07", ["1:3 yaml-syntax"]),
    "DEL": (b"a\x7f: b", ["1:2 yaml-syntax"]),
    "C1": (b"a: \xc2\x90", ["1:4 yaml-syntax"]),
    "NEL": (b"a: b\xc2\x85c: d", ["1:5 yaml-syntax"]),
    "U+2028": (b"a: b\xe2\x80\xa8c: d", ["1:5 yaml-syntax"]),
    "U+2029": (b"# b\xe2\x80\xa9c: d", ["1:4 yaml-syntax"]),
    "U+FFFE": (b"a: \xef\xbf\xbe", ["1:4 yaml-syntax"]),
    "a byte order mark inside": (b"a: \xef\xbb\xbf", ["1:4 yaml-syntax"]),
    "two byte order marks": (b"\xef\xbb\xbf\xef\xbb\xbfa: b", ["1:1 yaml-syntax"]),
    "a byte order mark alone": (b"\xef\xbb\xbf", ["1:1 empty-file"]),
    "UTF-16": (HARMLESS.encode("utf-16"), ["1:1 yaml-syntax"]),
    "UTF-16 without mark": (HARMLESS.encode("utf-16-le"), ["1:2 yaml-syntax"]),
    "UTF-16, big end first": (HARMLESS.encode("utf-16-be"), ["1:1 yaml-syntax"]),
    "UTF-32": (HARMLESS.encode("utf-32"), ["1:1 yaml-syntax"]),
    "UTF-7": (HARMLESS.replace("{", "+AHs-").encode(), ["4:25 yaml-syntax"]),
    "Latin-1": (b"a: 1\nb: caf\xe9\n", ["2:7 yaml-syntax"]),
    "a character cut off": (b"a: \xf0\x9f\x98", ["1:4 yaml-syntax"]),
    "a character made too long": (b"a: \xc0\xaf", ["1:4 yaml-syntax"]),
    "a surrogate's bytes": (b"a: \xed\xa0\x80", ["1:4 yaml-syntax"]),
    "beyond Unicode": (b"a: \xf4\x90\x80\x80", ["1:4 yaml-syntax"]),
    "half a pair": (rb'a: "\ud800"', ["1:7 yaml-syntax"]),
    "half a pair in JSON": (rb'{"a": "\udfff"}', ["1:10 yaml-syntax"]),
    "a pair of halves in YAML": (rb'a: "\ud83d\ude00"', ["1:7 yaml-syntax"]),
    "half a pair for a key": (rb'"\ud800": 1', ["1:4 yaml-syntax"]),
    "an escape beyond Unicode": (rb'a: "\U00110000"', ["1:7 yaml-syntax"]),
    "lines ended by \\r": (b"a: [\rb\r", ["3:1 yaml-syntax"]),
    "a tab": (b"a:\n\tb: c", ["2:1 yaml-syntax"]),
    "another version": (b"%YAML 9.9\n--- a", ["1:1 yaml-syntax"]),
    "a quote without end": (
        HARMLESS.encode() + b"  a: '", [f"{HARMLESS.count(chr(10)) + 1}:7 yaml-syntax"]),
    "brackets, 10,000 deep": (b"[" * 10_000, ["1:101 yaml-too-deep " + "[0]" * 100]),
    "mappings, 10,000 deep": (b"{a: " * 10_000, ["1:401 yaml-too-deep " + ".".join("a" * 100)]),
    "lists, 10,000 deep": (b"- " * 10_000, ["1:201 yaml-too-deep " + "[0]" * 100]),
    "keys, 10,000 deep": (b"? " * 10_000, ["1:201 yaml-too-deep"]),
    "aliases, 10,000 deep": (
        b"- &a0 []\n" + b"".join(b"- &a%d [*a%d]\n" % (i + 1, i) for i in range(10_000)),
        ["100:9 yaml-too-deep [99][0]"]),
    "two users, one of them hostile": (
        HARMLESS.encode() + b"---\n" + HARMLESS.replace("mallory", "../x").encode(),
        [f"{HARMLESS.count(chr(10)) + USERNAME_LINE + 1}:13 invalid-username user.username"]),
    "a second key that injects a line": (
        b"\n".join([rb'"a\n<stdin>:9:9: user: error: fake [fake]": 1'] * 2),
        ["2:1 duplicate-key"]),
    "a second key with an escape": (
        b"\n".join([rb'"\e[2J": 1'] * 2), ["2:1 duplicate-key"]),
    "a second key, right to left": (
        "\u202ea: 1\n\u202ea: 1".encode(), ["2:1 duplicate-key"]),
}
# fmt: on


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_hostile_is_refused_where_it_stands(case: str) -> None:
    old, new, expected = REFUSED[case]
    text, start, end = edited(old, new)
    found = complaints(text)
    assert [what for _, what in found] == expected.split("; ")
    assert all(start <= place <= end for place, _ in found)


@pytest.mark.parametrize("case", CARRIED)
def test_what_is_harmless_data_is_carried_and_changes_nothing_else(case: str) -> None:
    old, new, expected = CARRIED[case]
    status, stdout, stderr = run(edited(old, new)[0])
    assert (status, stderr) == (0, "")
    known, found = harmless(), leaves(stdout)
    changed = {
        place: found.get(place, ABSENT)
        for place in {**known, **found}
        if repr(known.get(place, ABSENT)) != repr(found.get(place, ABSENT))
    }
    assert changed == expected


@pytest.mark.parametrize("name", RENAMED)
def test_a_username_that_looks_like_something_else_stays_text(name: str) -> None:
    status, stdout, stderr = run(edited("mallory", f'"{name}"')[0])
    assert (status, stderr) == (0, "")
    known = json.dumps(list(harmless().items()))
    expected = json.loads(known.replace("mallory", name))
    assert list(map(list, leaves(stdout).items())) == expected


@pytest.mark.parametrize("case", TEXTS)
def test_a_text_that_is_no_strict_yaml_is_refused(case: str) -> None:
    text, expected = TEXTS[case]
    assert [f"{line}:{column} {what}" for (line, column), what in complaints(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbf" + HARMLESS.encode(),
        HARMLESS.replace("\n", "\r\n").encode(),
        b"%YAML 1.2\n---\n" + HARMLESS.encode() + b"...\n# \xe2\x80\xae\n",
        b"--- # nobody\n---\n" + HARMLESS.encode(),
    ],
    ids=["byte order mark", "line ends of Windows", "directive", "empty document"],
)
def test_another_form_of_the_same_text_is_the_same(text: bytes) -> None:
    status, stdout, stderr = run(text)
    assert (status, stderr) == (0, "")
    assert leaves(stdout) == harmless()


# Ways to write a secret so that something is wrong with it; no way shows it.
@pytest.mark.parametrize(
    "value",
    [
        f"{SECRET}: x", f'"{SECRET}\\q"', f"'{SECRET}", f"!{SECRET} x", f"!!{SECRET} x",
        f"&{SECRET}",
        f"*{SECRET}", f"[{SECRET}]", f"{{x: {SECRET}}}", f"{{base64: {SECRET}!}}", f"@{SECRET}",
        f"{{env: {SECRET}}}", f"{{env: x, file: {SECRET}}}", f"{{base64: [{SECRET}]}}",
        f"|{SECRET}",
        f"{SECRET}\n{SECRET}: {SECRET}", f"[{SECRET}, {SECRET}", f'"{SECRET}\\0"x',
        f"%{SECRET}: `",
        f"{{{SECRET}}}", f"? {SECRET}", f"{SECRET}\x07",
        f"\n    - {SECRET}\n   - {SECRET}", f"<<: {SECRET}", f"\n    <<: {SECRET}",
    ],
)  # fmt: skip
def test_a_secret_that_is_wrong_is_never_shown(value: str) -> None:
    assert complaints(HARMLESS.replace(SECRET, value).encode())


def test_a_file_of_secrets_is_the_sites_choice_and_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "etc/shadow").write_text(f"root:{SECRET}:1:0:9:7:::\n{SECRET}\n")
    monkeypatch.chdir(tmp_path / "a/b")
    outside = edited("not-a-real-key", "{file: ../../etc/shadow}")[0]
    assert [what for _, what in complaints(outside)] == ["file-not-allowed secrets.other-key.file"]
    monkeypatch.chdir(tmp_path)
    up = "a/b/../../etc/shadow"
    content = base64.b64encode((tmp_path / "etc/shadow").read_bytes()).decode()
    text, *_ = edited("not-a-real-key", f"{{file: {up}}}")
    status, stdout, stderr = run(text)
    assert (status, stderr) == (0, "")
    assert leaves(stdout) == {**harmless(), "Secret/mallory-nb data.other-key": content}
    for old, new, expected in [
        ("uid: 4242", "uid: 0", "invalid-id user.uid"),
        (HARMLESS[: HARMLESS.index("site:")], f"config: {up}\n", "not-a-configuration config"),
        ("{harmless: harmless-discovery}", up, "invalid-json site.discovery"),
    ]:
        text = edited(old, new)[0].replace(b"not-a-real-key", f"{{file: {up}}}".encode())
        assert [what for _, what in complaints(text)] == [expected]


# Bombs, in processes of their own. Each may take a second and 200 MB more than the harmless lab;
# one that is itself of 10 MB or more may take a small multiple of its size.
MEASURE = """
import json, resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_CPU, (7, 8))
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
status = subprocess.call(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([status, used.ru_utime + used.ru_stime, used.ru_maxrss]), file=sys.stderr)
"""
COMMAND = "from labbuilder.cli import main; main()"
RSS_UNIT = 1 if sys.platform == "darwin" else 1024
MB = 1_000_000
LARGE = 10 * MB


def measured(text: bytes, folder: Path) -> tuple[int, float, int, bytes, list[bytes]]:
    """Give exit status, seconds of CPU time, bytes of memory, and the lines of both outputs."""
    (folder / "in").write_bytes(text)
    # A process between: a child's peak of memory begins with that of whoever starts it.
    command = [sys.executable, "-S", "-c", MEASURE]
    command += [sys.executable, "-c", COMMAND, "render", "-"]
    with (folder / "in").open("rb") as given, (folder / "out").open("wb") as out:
        done = subprocess.run(
            command, stdin=given, stdout=out, stderr=subprocess.PIPE, cwd=folder, check=True
        )
    *lines, last = done.stderr.splitlines()
    status, seconds, memory = json.loads(last)
    return status, seconds, memory * RSS_UNIT, (folder / "out").read_bytes(), lines


@cache
def usual(folder: Path) -> tuple[float, int]:
    runs = [measured(HARMLESS.encode(), folder) for _ in range(3)]
    return min(seconds for _, seconds, *_ in runs), max(memory for _, _, memory, *_ in runs)


def with_edit(old: str, new: str) -> bytes:
    return edited(old, new)[0]


def aliased(old: str, new: str, item: str, count: int) -> bytes:
    """Give a megabyte of text a name, and use it a number of times."""
    items = ", ".join([f'{item.format(0)}&x "{"x" * MB}"', *(
        f"{item.format(i)}*x" for i in range(1, count)
    )])  # fmt: skip
    return with_edit(old, new.format(items))


def numbered(old: str, item: str, count: int) -> bytes:
    """Add many items before one in braces or brackets."""
    return with_edit(old, "".join(f"{item.format(i)}, " for i in range(count)) + old)


# fmt: off
BOMBS: dict[str, tuple[Callable[[], bytes], str | None]] = {
    # What they are made by, and the code of the last complaint: none if they compile, and None
    # where it is as good to compile as to refuse.
    "laughs": (lambda: b"a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + b"".join(
        b"a%d: &a%d [%s]\n" % (i + 1, i + 1, b", ".join([b"*a%d" % i] * 9)) for i in range(99)
    ), "yaml-too-large"),
    "laughs of keys": (lambda: b"a0: &a0 {x: x, y: y}\n" + b"".join(
        b"a%d: &a%d {x: *a%d, y: *a%d}\n" % (i + 1, i + 1, i, i) for i in range(99)
    ), "yaml-too-large"),
    "one list, many times": (
        lambda: b"a: &a [" + b"x, " * 1000 + b"]\nb: [" + b"*a, " * 1000 + b"]",
        "yaml-too-large"),
    "one mapping merged many times": (lambda: b"a: &a {" + b"".join(
        b"k%d: x, " % i for i in range(1000)) + b"}\nb: {<<: [" + b"*a, " * 1000 + b"]}",
        "yaml-too-large"),
    "merge within merge": (lambda: with_edit("{harmless: harmless-discovery}",
        "{<<: " * 90 + "{" + ", ".join(f"k{i}: 1" for i in range(50_000)) + "}" + "}" * 90), None),
    "one text, many times, in variables": (lambda: aliased(
        "{HARMLESS_ENV: harmless-env}", "{{{}}}", "k{}: ", 600), None),
    "one text, many times, in discovery": (lambda: aliased(
        "{harmless: harmless-discovery}", "{{a: [{}]}}", "", 250), None),
    "one text, many times, in a command": (lambda: aliased(
        "[/harmless-start]", "[{}]", "", 250), None),
    "one text, many times, in secrets": (lambda: HARMLESS.encode() + (
        f'  k: &x "{"x" * MB}"\n' + "".join(f"  k{i}: *x\n" for i in range(200))).encode(), None),
    "indentation, 10,000 deep": (lambda: b"".join(b" " * i + b"a:\n" for i in range(10_000)),
        "yaml-too-deep"),
    "text of 50 MB": (
        lambda: HARMLESS.encode() + b'  k: "' + b"x" * 50 * MB + b'"\n', "too-large"),
    "username of 50 MB": (lambda: with_edit("mallory", "m" * 50 * MB), "invalid-username"),
    "comment of 50 MB": (lambda: b"#" * 50 * MB + b"\n" + HARMLESS.encode(), ""),
    "line of 10 MB": (lambda: with_edit("harmless-env", "x " * 5 * MB), "too-large"),
    "5 million escapes": (
        lambda: with_edit("harmless-env", '"' + r"\n" * 5 * MB + '"'), "too-large"),
    "million empty lines": (lambda: with_edit("harmless-env}", '"' + "\n" * MB + '"}'), ""),
    "number of 10 MB": (lambda: with_edit("harmless-env", "0." + "1" * 10 * MB), "wrong-type"),
    "key of 8 MB": (lambda: with_edit("uid: 4242", f"uid: 4242\n  ? {'k' * 8 * MB}\n  : x"),
        "unknown-field"),
    "key of 20,000 capitals": (lambda: with_edit("HARMLESS_ENV: h", f"? {'A' * 20_000}\n   : h"),
        "invalid-key"),
    "million keys": (lambda: b"".join(b"k%d: x\n" % i for i in range(990_000)), None),
    "500,000 items": (lambda: with_edit("harmless-discovery", "[" + "1," * (MB // 2) + "]"), None),
    "50,000 unknown keys": (lambda: numbered("id: 5151", "k{}: x", 50_000), None),
    "100,000 keys twice": (lambda: b"a: x\n" * 100_000, None),
    # Each is a volume of its own, which takes its time whatever it is called.
    "1,000 files of one name": (lambda: numbered(
        "/opt/harmless-file: harmless-content", "/opt/{}/x: x", 1000), None),
    "6,000 templates": (lambda: numbered(
        "example.org/ids: harmless-template", "k{}: '{{{{ uid }}}}'", 6000), None),
    "5,000 groups": (lambda: numbered(
        "{name: harmless-group, id: 5151}", "{{name: g{0}, id: 1{0}}}", 5_000), ""),
    "name of 30,000 spaces": (lambda: with_edit("Harmless Name", f'"x{" " * 30_000}x"'), None),
    "image of 20,000 dots": (lambda: with_edit(
        HARMLESS[HARMLESS.index("image:\n"):HARMLESS.index("secrets:\n  token")],
        f"image: a{'.' * 20_000}\n"), "invalid-image"),
    "40,000 directives": (
        lambda: b"".join(b"%%TAG !a%d! x\n" % i for i in range(40_000)) + b"---\n"
        + HARMLESS.encode(), None),
    "long directive, 10,000 times": (lambda: b"%TAG !a! " + b"x" * MB + b"\n---\n"
        + b"- !a!x y\n" * 10_000, None),
    "file without end": (lambda: with_edit("not-a-real-key", "{file: /dev/zero}"), None),
}
# fmt: on


@pytest.mark.parametrize("case", BOMBS)
def test_a_bomb_takes_no_more_than_a_second_and_200_mb(
    case: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    make, code = BOMBS[case]
    text = make()
    status, seconds, memory, stdout, lines = measured(text, tmp_path)
    usual_seconds, usual_memory = usual(tmp_path_factory.getbasetemp())
    extra = len(text) if len(text) >= LARGE else 0
    took = f"{seconds - usual_seconds:.2f} s, {(memory - usual_memory) / MB:.0f} MB"
    assert not any(line.startswith(b"Traceback") for line in lines)
    assert status in ((0, 2) if code is None else (2,) if code else (0,)), took
    assert bool(stdout) is (status == 0)
    if code:
        assert lines[-1].endswith(f"[{code}]".encode())
    # A slow machine takes longer for a usual file as well.
    assert seconds - usual_seconds <= max(1, 2.5 * usual_seconds) + extra / LARGE, took
    assert memory - usual_memory <= 200 * MB + 5 * extra, took
