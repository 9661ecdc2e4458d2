"""The cost of a lab, as ratios to well-known operations that are timed in the same run.

``pytest tests/benchmarks/yardsticks.py`` prints the table. The yardstick is timed before each
round of what is compared with it, so that a slow moment of the machine affects both.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.lab_of_usual_size import ARGUMENTS, CONFIG, larger, user_line
from labbuilder import LabCompiler
from labbuilder.cluster.state import recreate_lab_state
from labbuilder.lab.arguments import read_inputs
from labbuilder.lab.objects import LabStateObjects

Action = Callable[[], Any]
Measure = Callable[..., None]

COMMAND = [sys.executable, "-c", "from labbuilder.cli import main; main()"]
ONE_MODEL = "import pydantic\nclass A(pydantic.BaseModel):\n    a: int\nA(a=1)\n"
# Let Python cache compiled modules, as it does for an installed program.
ENVIRONMENT = {
    name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
}
LIBRARIES = f"import jinja2, yaml, typer, jsonschema_rs\n{ONE_MODEL}"


def python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, env=ENVIRONMENT)


def render(users: Path, output: str = "ndjson") -> None:
    command = [*COMMAND, "render", str(users), "-o", output, "--keep-going"]
    quiet = subprocess.DEVNULL
    subprocess.run(command, check=True, env=ENVIRONMENT, stdout=quiet, stderr=quiet)


@pytest.fixture
def measure(benchmark: BenchmarkFixture, table: list[tuple[str, str, str]]) -> Measure:
    def run(
        what: str, action: Action, yardstick: Action, bar: float, *, rounds: int, times: int = 1
    ) -> None:
        taken = []

        def before() -> None:
            start = time.perf_counter()
            yardstick()
            taken.append(time.perf_counter() - start)

        benchmark.group = what
        benchmark.pedantic(action, setup=before, rounds=rounds, warmup_rounds=1)  # type: ignore[no-untyped-call]  # it has no types
        assert benchmark.stats
        ratio = benchmark.stats.stats.median / (times * median(taken[1:]))
        table.append((what, f"{ratio:.2f}", f"{bar:g}"))

    return run


@pytest.fixture(scope="session")
def compiler() -> LabCompiler:
    return LabCompiler(CONFIG)


@pytest.fixture(scope="session")
def models(compiler: LabCompiler) -> dict[str, Any]:
    inputs, _ = read_inputs(compiler.config, **ARGUMENTS)
    assert inputs
    return {name: getattr(inputs, name) for name in ARGUMENTS}


@pytest.fixture(scope="session")
def round_trip(compiler: LabCompiler, models: dict[str, Any]) -> Action:
    manifests = compiler.compile(**models).manifests()
    assert len(manifests) == 12
    assert 18_000 < len(json.dumps(manifests)) < 22_000
    return lambda: json.loads(json.dumps(manifests))


def test_models(
    measure: Measure, compiler: LabCompiler, models: dict[str, Any], round_trip: Action
) -> None:
    what = "a warm lab, inputs already models, compiled and checked / JSON there and back"
    measure(what, lambda: compiler.compile(**models), round_trip, 1.0, rounds=1000)


def test_plain_inputs(
    measure: Measure, compiler: LabCompiler, models: dict[str, Any], round_trip: Action
) -> None:
    what = "the same, user, lab, image and secrets from plain dicts / JSON there and back"
    plain = {**ARGUMENTS, "site": models["site"]}
    measure(what, lambda: compiler.compile(**plain), round_trip, 1.5, rounds=1000)


def test_state(
    measure: Measure, compiler: LabCompiler, models: dict[str, Any], round_trip: Action
) -> None:
    lab = compiler.compile(**models)
    pod = {**lab.pod, "status": {"phase": "Running"}}
    objects = LabStateObjects(lab.env_config_map, lab.quota, pod)
    measure(
        "recreate_lab_state, from plain dicts / JSON there and back",
        lambda: recreate_lab_state(compiler.config, "rosalind", objects),
        round_trip,
        0.3,
        rounds=1000,
    )


def test_render_cold(measure: Measure, tmp_path: Path) -> None:
    users = tmp_path / "user.yaml"
    users.write_text(json.dumps(user_line(1)), encoding="utf-8")
    measure(
        "labbuilder render of one user / a Python that imports its libraries",
        lambda: render(users, "yaml"),
        lambda: python(LIBRARIES),
        1.5,
        rounds=30,
    )


def test_import(measure: Measure) -> None:
    measure(
        "import labbuilder / import pydantic, and one model built",
        lambda: python("import labbuilder"),
        lambda: python(ONE_MODEL),
        2.0,
        rounds=30,
    )


def lines(path: Path, count: int) -> Path:
    site = path / "site.yaml"
    site.write_text(json.dumps(CONFIG), encoding="utf-8")
    users = path / f"{count}.ndjson"
    with users.open("w", encoding="utf-8") as file:
        for number in range(count):
            file.write(json.dumps({"config": str(site), **user_line(number)}) + "\n")
    return users


def test_fleet(measure: Measure, tmp_path: Path, round_trip: Action) -> None:
    manifests = round_trip()
    users = lines(tmp_path, 10_000)

    def dump() -> None:
        for _ in range(1000):
            json.dumps(manifests)

    measure(
        "10,000 labs to newline-delimited JSON, one process / json.dumps of them",
        lambda: render(users),
        dump,
        3.0,
        rounds=3,
        times=10,
    )


def test_growth(measure: Measure) -> None:
    (small_config, small), (large_config, large) = larger(1), larger(10)
    few, many = LabCompiler(small_config), LabCompiler(large_config)
    measure(
        "500 groups, 200 files, 100 volumes / 50, 20 and 10",
        lambda: many.compile(**large),
        lambda: few.compile(**small),
        10.0,
        rounds=100,
    )


PEAK = """
import pathlib, re, sys
sys.argv = ["labbuilder", "render", sys.argv[1], "-o", "ndjson", "--keep-going"]
from labbuilder.cli import main
try:
    main()
except SystemExit:
    pass
status = pathlib.Path("/proc/self/status").read_text()
sys.stderr.write("peak " + re.search(r"VmHWM:\\s+(\\d+)", status)[1])
"""


def peak(users: Path) -> float:
    """Run a process, and return its peak memory in MB."""
    command = [
        sys.executable,
        "-c",
        PEAK,
        str(users),
    ]
    done = subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return int(done.stderr.rpartition(b"peak ")[2]) / 1000


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux has it")
def test_memory(tmp_path: Path, table: list[tuple[str, str, str]]) -> None:
    few, many = (peak(lines(tmp_path, count)) for count in (1_000, 100_000))
    what = f"peak memory of 100,000 labs above that of 1,000 ({few:.0f} MB), in MB"
    table.append((what, f"{many - few:.1f}", "10"))
