"""The core reads no file, clock, environment, network or chance, and gives the same each time."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import labbuilder
from labbuilder import compile_lab
from labbuilder.validation import schemas

ROOT = Path(__file__).parent.parent
PACKAGE = Path(labbuilder.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
EDGES = (
    "adapter", "cli", "documents.files", "output.folder", "output.ledger", "users.access",
    "users.batches", "users.check", "users.compile", "users.configuration", "users.document",
    "users.paths", "users.render", "users.workers",
)  # fmt: skip
CORE = sorted(name for name in MODULES if not f"{name}.".startswith(tuple(f"{e}." for e in EDGES)))

IMPURE = {
    "asyncio", "datetime.datetime", "glob", "http", "io", "logging", "multiprocessing", "os",
    "pathlib", "random", "secrets", "select", "selectors", "shutil", "signal", "socket",
    "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
ALLOWED = {
    "cluster.clients": {"datetime.datetime"},  # reads and writes dates, not the clock
    "data": {"pathlib"},  # reads what labbuilder ships, when it is imported
    "fragments.load": {"os", "pathlib"},  # reads a site's folder, and names its type
}
CALLS = {"open", "input", "print", "breakpoint", "eval", "exec", "__import__"}
METHODS = {"now", "today", "utcnow", "getenv", "read_text", "read_bytes", "write_text", "open"}


def imports(module: str) -> Iterator[str]:
    """List what a module imports, names from modules included, at whatever depth."""
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages(module: str) -> set[str]:
    return {name.partition(".")[0] for name in imports(module)}


def importers(package: str) -> set[str]:
    return {module for module in MODULES if package in packages(module)}


@pytest.mark.parametrize("module", CORE)
def test_the_core_imports_nothing_impure(module: str) -> None:
    found = (packages(module) | set(imports(module))) & IMPURE
    assert found <= ALLOWED.get(module, set())


@pytest.mark.parametrize("module", CORE)
def test_the_core_calls_nothing_impure(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {call.id for call in calls if isinstance(call, ast.Name)} & CALLS
    methods = {call.attr for call in calls if isinstance(call, ast.Attribute)} & METHODS
    assert not names
    assert methods <= ({"read_text"} if module == "data" else set())


def test_one_third_party_library_a_module() -> None:
    in_fragments = {module for module in MODULES if module.startswith("fragments.")}
    assert importers("jinja2") | importers("markupsafe") <= in_fragments
    assert importers("jsonschema") | importers("jsonschema_rs") == {"validation.schemas"}
    in_commands = {module for module in MODULES if module.startswith("cli.")}
    assert importers("typer") | importers("click") <= in_commands


def test_the_core_never_imports_the_edges() -> None:
    needed = {name for module in CORE for name in imports(module)}
    edges = tuple(f"labbuilder.{edge}." for edge in EDGES)
    assert not [name for name in needed if f"{name}.".startswith(edges)]


def run(code: str, *arguments: str, seed: int = 0) -> bytes:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": str(seed)}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True)
    return done.stdout


def test_importing_labbuilder_loads_nothing_that_only_an_edge_needs() -> None:
    loaded = run("import labbuilder, sys; print(*sys.modules)").decode().split()
    unwanted = {"typer", "click", "rich", "kubernetes", "kubernetes_asyncio", "jsonschema"}
    assert not unwanted & set(loaded)


def test_the_command_line_starts_without_the_compiler() -> None:
    """For help, the version and completion take a quarter of the time then."""
    loaded = run("import labbuilder.cli, sys; print(*sys.modules)").decode().split()
    assert not {"pydantic", "jinja2", "yaml", "jsonschema_rs"} & set(loaded)
    ours = {name for name in loaded if name.startswith("labbuilder.")}
    assert all(name.startswith("labbuilder.cli") for name in ours)
    assert not any(name.startswith("labbuilder.cli.actions") for name in ours)


def test_what_users_import_is_there_when_they_ask_for_it() -> None:
    code = """
import labbuilder
for name in labbuilder.__all__:
    assert getattr(labbuilder, name), name
assert set(labbuilder.__all__) <= set(dir(labbuilder))
print(labbuilder.models.User is labbuilder.User, hasattr(labbuilder, "compile_labs"))
"""
    assert run(code) == b"True False\n"


def test_every_process_gives_the_same_bytes() -> None:
    code = "from labbuilder.cli import main; main()"
    with ThreadPoolExecutor(4) as pool:
        texts = list(
            pool.map(
                lambda seed: run(code, "render", "examples/observatory.yaml", seed=seed),
                range(20),
            )
        )
    assert texts[0].startswith(b"apiVersion: v1\nkind: Namespace\n")
    assert set(texts) == {texts[0]}


@pytest.fixture
def arguments() -> dict[str, Any]:
    amounts = {"cpu": 1, "memory": "1Gi"}
    return {
        "config": {
            "namespacePrefix": "lab",
            "sizes": [{"size": "small", "resources": {"limits": amounts, "requests": amounts}}],
            "volumes": [{"name": "home", "source": {"type": "emptyDir"}}],
            "volumeMounts": [{"containerPath": "/home", "volumeName": "home"}],
            "files": {"/etc/motd": "Clear skies!\n"},
            "namespaceAnnotations": {"example.org/uid": "{{ uid }}"},
            "standardInithome": True,
        },
        "site": {"baseUrl": "https://data.example.org", "discovery": {"a": 1}},
        "user": {"username": "vera", "uid": 1928, "gid": 1928, "groups": []},
        "lab": {"env": {"JUPYTERHUB_SERVICE_PREFIX": "/nb/user/vera/"}},
        "image": f"registry.example/lab:w_2077_43@sha256:{'0a' * 32}",
        "secrets": {"token": "dG9rZW4="},
    }


def refuse(name: str) -> Callable[..., Any]:
    def refused(*_arguments: Any, **_options: Any) -> Any:
        raise AssertionError(f"{name} was called")

    return refused


@pytest.mark.parametrize("version", schemas.VERSIONS)
def test_compiling_touches_nothing_of_the_world(
    arguments: dict[str, Any], version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the first time, but for a switch of its own that pydantic looks up."""
    impure = [
        "builtins.open", "io.open", "os.open", "os.listdir", "os.scandir", "os.stat",
        "os.urandom", "random.random", "socket.socket", "subprocess.Popen", "time.monotonic",
        "time.perf_counter", "time.time",
    ]  # fmt: skip
    with monkeypatch.context() as patch:
        for name in impure:
            patch.setattr(name, refuse(name))
        lab = compile_lab(**arguments, kubernetes_version=version)
    assert lab.pod["metadata"]["name"] == "vera-nb"
