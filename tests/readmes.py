"""What the READMEs show: their code blocks, generated parts and links."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from references import ROOT, parts

READMES = [
    ROOT / folder / "README.md"
    for folder in [
        *("", "examples", "labbuilder", "labbuilder/cli", "labbuilder/validation"),
        *("schemas", "templates", "tests"),
    ]
]
MAKE = "python tests/make_documentation.py"
GENERATED = re.compile(r"(<!-- generated: (.*?) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
CODES = re.compile(r"^\| code \|.*\n(?:\|.*\n)+", re.MULTILINE)
CODE_ROW = re.compile(r"^\| (?:<a id=\"[a-z0-9-]+\"></a>)?`([a-z0-9-]+)` \|", re.MULTILINE)
CONSOLE = re.compile(r"(?<=^```console\n)(.*?)(?=^```)", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
USER = (ROOT / "examples/minimal.yaml").read_text(encoding="utf-8")
BAD_USER = USER.replace("username: rosalind", "username: Rosalind").replace(
    "name: Rosalind Franklin\n  uid: 4242", 'uid: "4242"'
)
BAD_LAB = """\
apiVersion: v1
kind: Service
metadata:
  name: lab
  namespace: labs-rosalind
spec:
  ports:
  - port: 88888
  selector:
    nublado lsst io/user: rosalind
"""


def blocks(text: str, language: str) -> list[str]:
    """List the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def with_parts(text: str) -> str:
    """Write a README's generated parts anew, and the anchors of codes."""
    made = parts()
    return with_anchors(
        GENERATED.sub(lambda found: f"{found[1]}{made[found[2]]()}\n{found[4]}", text)
    )


def with_anchors(text: str) -> str:
    """Give each code of the tables of codes an anchor, in the first row that it has."""
    seen = set[str]()

    def row(found: re.Match[str]) -> str:
        code = found[1]
        anchor = "" if code in seen else f'<a id="{code}"></a>'
        seen.add(code)
        return f"| {anchor}`{code}` |"

    return CODES.sub(lambda rows: CODE_ROW.sub(row, rows[0]), text)


def with_output(text: str, folder: Path) -> str:
    """Run a README's commands, one after the other in a folder, and write what they print."""
    prepare(folder)
    return CONSOLE.sub(lambda block: COMMAND.sub(lambda c: run(c[1], folder), block[1]), text)


def prepare(folder: Path) -> None:
    """Write the files that the READMEs' commands name."""
    for name, text in {
        "bad.yaml": BAD_USER.partition("\n")[2],
        "bad-lab.yaml": BAD_LAB,
        "users.ndjson": lines_of_users(),
        "list.yaml": json.dumps(resource_list()),
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "examples", folder / "examples")


def run(command: str, folder: Path) -> str:
    """Run a command, and give it with what it prints, as a console shows them."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"({command}) 2>&1"],  # noqa: S607 (the reader's own)
        cwd=folder, env={**os.environ, "PATH": path, "COLUMNS": "80"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return f"$ {command}\n{done.stdout}"


def lines_of_users() -> str:
    rest = yaml.safe_load(USER)
    del rest["user"]
    users = [("rosalind", 4242), ("vera", "4242"), ("henrietta", 4243)]
    return "".join(
        json.dumps({"user": {"username": name, "uid": uid, "gid": 4242}, **rest}) + "\n"
        for name, uid in users
    )


def resource_list() -> dict[str, object]:
    user = {"username": "rosalind", "uid": "4242", "gid": 4242}
    return {
        "apiVersion": "config.kubernetes.io/v1",
        "kind": "ResourceList",
        "functionConfig": {
            "apiVersion": "labs.example.org/v1",
            "kind": "Lab",
            "metadata": {"name": "rosalind"},
            "spec": yaml.safe_load(USER) | {"user": user},
        },
        "items": [],
    }
