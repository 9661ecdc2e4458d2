"""Many labs and many findings take no more memory than a few."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

MB = 1_000_000
LIMIT = 30 * MB

PRELUDE = """
import base64, itertools, json, os, resource, sys
from labbuilder import LabBuilderError, LabCompiler

def resident():
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # no Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
"""

# Each lab has its own long names wherever a lab may have any, and some are refused.
LABS = """
amounts = {"cpu": 1, "memory": "4Gi"}
config = {
    "namespacePrefix": "labs",
    "sizes": [{"size": "small", "resources": {"limits": amounts, "requests": amounts}}],
    "volumes": [{"name": "home", "source": {"type": "nfs", "server": "nfs", "serverPath": "/h"}}],
    "volumeMounts": [{"containerPath": "/home", "volumeName": "home"}],
    "pullSecret": "pull-secret",
}
compiler = LabCompiler(config)
with_own = LabCompiler(config, templates={"metadata.yaml": '''
{% extends "labbuilder/metadata.yaml" %}
{% block metadata %}{{ super() }}
annotations: { {% for i in range(names.username|length * 20) %}k{{ i }}: x, {% endfor %} }
{% endblock %}
'''})

def give(i):
    name = f"user{i}"
    long = f"X{i}_" + "x" * 2000
    return {
        "site": {"base_url": "https://data.example.org", "discovery": {long: [long] * 20}},
        "user": {
            "username": name, "name": long, "uid": 10_000 + i, "gid": 10_000 + i,
            "groups": [{"name": f"g{i}-{k}", "id": 1000 + 100 * i + k} for k in range(40)],
        },
        "lab": {"env": {
            "JUPYTERHUB_SERVICE_PREFIX": f"/user/{name}/",
            **{f"X{i}_{k}_{'x' * 230}": "x" for k in range(400)},
        }},
        "image": f"registry.example/{'a' * 100}{i}/lab:w_2026_47@sha256:{i:064x}",
        "secrets": {"token": "eA==", **{f"{'k' * 200}{i}-{k}": "eA==" for k in range(20)}},
        "pull_secret": {"data": {".dockerconfigjson": "e30="}, "type": f"example/{long}" * 10},
    }

def work(i):
    given = give(i)
    compiler.compile(**given)
    with_own.compile(**give(i % 30)) if i % 20 == 0 else None
    given["pull_secret"]["type"] = f"example/{i}"
    given["lab"]["env"]["a b" * 1000 + str(i)] = "x"
    try:
        compiler.compile(**given)
    except LabBuilderError:
        pass
    else:
        raise AssertionError

first, last = int(sys.argv[1]), int(sys.argv[2])
for i in range(first):
    work(i)
before = resident()
for i in range(first, last):
    work(i)
print(json.dumps(resident() - before))
"""

# `check` and `render` report these; standard error is not read.
FINDINGS = """
from labbuilder.cli.actions.progress import Progress
from labbuilder.errors import Finding, Severity, Source
from labbuilder.validation.files import Checked, merged

def findings(start, stop):
    for i in range(start, stop):
        severity = Severity.ERROR if i % 2 else Severity.WARNING
        path = ("user", f"{i}" + "k" * 1000)
        yield Finding("x", f"problem {i}", path, severity=severity, source=Source("a", i, 1))

def parts(stop):
    for start in range(0, stop, 100):
        found = list(findings(start, start + 100))
        progress.report(found)
        yield Checked(found, [("a", f"User/user{start}")], {})

first, last = int(sys.argv[1]), int(sys.argv[2])
progress = Progress(None)
merged(parts(first), ["a"])
before = resident()
found = merged(parts(last), ["a"])
progress.finish()
assert sum(each.count for each in found.findings) == last
print(json.dumps(resident() - before))
"""


def growth(script: str, first: int, last: int) -> int:
    """Return by how many bytes a process grows from the first number of runs to the last."""
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + script, str(first), str(last)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True,
        cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    found: int = json.loads(done.stdout)
    return found


def test_labs_with_long_names_of_their_own_leave_nothing_behind() -> None:
    assert growth(LABS, 60, 400) < LIMIT


def test_findings_leave_nothing_behind() -> None:
    assert growth(FINDINGS, 25_000, 100_000) < LIMIT
