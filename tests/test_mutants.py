"""No change of a lab makes anything show a piece of its secrets.

`MUTANTS=5000 pytest tests/test_mutants.py` tries more, each with every output.
"""

import asyncio
import copy
import json
import os
import pickle
import random
import traceback
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import mutants
import pytest
import yaml
from mutants import CREDENTIALS, GIVEN, VALUES, in_user_file, mutate, pieces, shows
from typer.testing import CliRunner

from labbuilder import LabBuilderError, LabObjects, compile_lab
from labbuilder.adapter import LabBuilder, LabStateObjects
from labbuilder.cli import app
from labbuilder.cli.options import ReportFormat
from labbuilder.output import redact, to_json, to_line, to_yaml

MUTANTS = int(os.environ.get("MUTANTS", "0"))
SECRET = pieces(CREDENTIALS)
PRIVATE = pieces((*CREDENTIALS, *VALUES))
TESTS = str(Path(__file__).parent)
_BREAKS = ('"', "\t", "\x1b", "- ", ": ", "]", "!", "&a ")

Shown = Iterator[tuple[str, frozenset[str]]]
"""Texts that are shown, each with what must not be in it."""


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def told(error: BaseException) -> str:
    """Give all that can be known of an exception, with the locals of frames that aren't tests'."""
    found = traceback.TracebackException.from_exception(error, capture_locals=True)
    texts = [str(error), repr(error), repr(vars(error)), pickle.dumps(error).decode("latin-1")]
    for each in (found, found.__cause__, found.__context__):
        if each:
            each.stack[:] = [frame for frame in each.stack if TESTS not in frame.filename]
            texts += each.format(chain=False)
    return "\n".join(texts)


def library(given: dict[str, Any], _chance: random.Random) -> Shown:
    try:
        lab = compile_lab(**given)
    except (LabBuilderError, TypeError) as error:
        yield told(error), PRIVATE
        return
    yield f"{lab!r}\n{lab.warnings}", PRIVATE
    redacted = [redact(each) for each in lab.manifests()]
    for write in (to_yaml, to_json, to_line):
        try:
            yield write(redacted), SECRET
        except LabBuilderError as error:
            yield told(error), PRIVATE


class Logger:
    """Collects what is logged."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    def bind(self, **words: Any) -> "Logger":
        self.said.append(words)
        return self

    def _say(self, *words: Any, **more: Any) -> None:
        self.said.append((words, more))

    info = warning = error = _say


class Discovery:
    """A client that fails, or finds what is planted."""

    def __init__(self, *, fails: bool) -> None:
        self._fails = fails

    async def build_nublado_dict(self) -> dict[str, Any]:
        if self._fails:
            raise ConnectionError(f"no route to {mutants.SITE}")
        return {"a": mutants.FOUND}


def adapter(given: dict[str, Any], chance: random.Random) -> Shown:
    logger = Logger()
    site = given.get("site")
    try:
        builder = LabBuilder(
            config=given.get("config"),
            base_url=site.get("baseUrl") if isinstance(site, dict) else site,  # type: ignore[arg-type]
            discovery_client=Discovery(fails=chance.random() < 0.2),
            logger=logger,
        )
        asks = ("user", "lab", "image", "secrets", "pull_secret")
        request = {name: given[name] for name in asks if name in given}
        lab = given.get("lab")
        if isinstance(lab, dict) and isinstance(lab.get("env"), dict):
            builder.build_internal_url("vera", lab["env"])
        yield repr(asyncio.run(builder.build_lab(**request))), PRIVATE
    except (LabBuilderError, TypeError) as error:
        yield told(error), PRIVATE
    yield repr(logger.said), PRIVATE


def recreation(_given: dict[str, Any], chance: random.Random) -> Shown:
    logger = Logger()
    builder = LabBuilder(
        config=GIVEN["config"],
        base_url="https://data.example.org",
        discovery_client=Discovery(fails=False),
        logger=logger,
    )
    parts = mutate({name: cluster()[name] for name in ("env_config_map", "quota", "pod")}, chance)
    objects = LabStateObjects(
        **{name: parts.get(name) for name in ("env_config_map", "quota", "pod")}
    )
    yield repr(objects), PRIVATE
    yield repr(asyncio.run(builder.recreate_lab_state("vera", objects))), PRIVATE
    yield repr(logger.said), PRIVATE


@cache
def cluster() -> dict[str, Any]:
    lab: LabObjects = compile_lab(**GIVEN)
    pod = lab.pod | {"status": {"phase": "Running"}}
    return {"env_config_map": lab.env_config_map, "quota": lab.quota, "pod": pod}


@cache
def manifests() -> list[Any]:
    return compile_lab(**GIVEN).manifests()


def listed(items: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "items": items}


def write(name: str, data: Any, chance: random.Random) -> str:
    """Write data to a file as JSON or YAML, or something that is nearly that; give its name."""
    text = json.dumps(data)
    if chance.random() < 0.5:
        text = yaml.safe_dump(data, allow_unicode=True)
    if chance.random() < 0.1:
        cut = chance.randrange(len(text))
        text = text[:cut] + chance.choice(_BREAKS) + text[cut:]
    Path(name).write_bytes(text.encode(errors="surrogatepass"))
    return name


def run(*arguments: str, stdin: str | None = None) -> tuple[str, str]:
    found = CliRunner().invoke(app, arguments, input=stdin)
    if found.exception and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.stdout, found.stderr


def rendering(given: dict[str, Any], chance: random.Random) -> Shown:
    user = write("user.yaml", in_user_file(given), chance)
    form = chance.choice(["yaml", "json", "ndjson"])
    stdout, stderr = run("render", user, "--redact-secrets", "-o", form)
    yield stdout, SECRET
    yield stderr, PRIVATE


def checks(given: dict[str, Any], chance: random.Random) -> Shown:
    user = write("user.yaml", in_user_file(given), chance)
    objects = write(
        "lab.yaml",
        {"apiVersion": "v1", "kind": "List", "items": mutate(manifests(), chance, 4)},
        chance,
    )
    for form in ReportFormat if MUTANTS else [chance.choice([*ReportFormat])]:
        yield "".join(run("check", user, objects, "-o", form.value)), PRIVATE


def differences(given: dict[str, Any], chance: random.Random) -> Shown:
    user = write("user.yaml", in_user_file(given if chance.random() < 0.5 else GIVEN), chance)
    items = mutate(manifests(), chance) if chance.random() < 0.5 else manifests()
    lab = write("lab.yaml", listed(items), chance)
    stdout, stderr = run("diff", user, lab, "-o", chance.choice(["text", "json"]))
    yield stdout, SECRET
    yield stderr, PRIVATE


def states(_given: dict[str, Any], chance: random.Random) -> Shown:
    items = mutate([each for each in cluster().values() if each], chance)
    objects = write("objects.yaml", listed(items), chance)
    yield "".join(run("state", objects, "-o", chance.choice(["yaml", "json"]))), PRIVATE


def function(given: dict[str, Any], chance: random.Random) -> Shown:
    head = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": []}
    lab = {"apiVersion": "labs.example.org/v1", "kind": "Lab", "metadata": {"name": "vera"}}
    data = {**head, "functionConfig": {**lab, "spec": in_user_file(given)}}
    text = Path(write("list.yaml", data, chance)).read_bytes().decode(errors="replace")
    stdout, stderr = run("krm", stdin=text)
    yield yaml.safe_dump(yaml.safe_load(stdout).get("results")), PRIVATE
    yield stderr, PRIVATE


OUTPUTS: list[Callable[[dict[str, Any], random.Random], Shown]] = [
    library, adapter, recreation, rendering, checks, differences, states, function,
]  # fmt: skip


@pytest.mark.parametrize("output", OUTPUTS)
def test_no_mutant_shows_a_secret(
    output: Callable[[dict[str, Any], random.Random], Shown],
) -> None:
    for number in range(MUTANTS or 30):
        chance = random.Random(f"{output.__name__}{number}")  # noqa: S311 (no secret)
        given = mutate(GIVEN, chance)
        for text, known in output(given, chance):
            assert not shows(text, known), (number, output.__name__)


def test_what_is_planted_is_found_where_it_may_be() -> None:
    lab = compile_lab(**copy.deepcopy(GIVEN))
    text = to_yaml(lab.manifests())
    assert all(shows(text, pieces((each,))) for each in (*CREDENTIALS, *VALUES))
    redacted = to_yaml([redact(each) for each in lab.manifests()])
    assert not any(shows(redacted, pieces((each,))) for each in CREDENTIALS)
    assert all(shows(redacted, pieces((each,))) for each in VALUES)
