"""Ends runs that write an output folder at every moment, and looks at what they leave.

`test_crashes.py` runs this at fixed moments. With a number of rounds, it kills real processes, at
moments by chance::

    python tests/crashes.py 50
"""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from labbuilder.cli import app
from labbuilder.cli.process import end_on_signals
from labbuilder.output import folder as writer
from labbuilder.output.ledger import RenderingError, find_unfinished

COMMAND = [sys.executable, "-c", "from labbuilder.cli import main; main()"]
OPERATIONS = ("fdopen", "listdir", "mkdir", "open", "rename", "rmdir", "scandir", "unlink")
Tree = dict[str, tuple[str, int]]


def user(name: str, secret: str) -> dict[str, Any]:
    return {
        "site": {"baseUrl": "https://data.example.org"},
        "user": {"username": name, "uid": 4242, "gid": 4242, "groups": []},
        "image": f"registry.example/lab:w_2026_47@sha256:{'5f3d8f2a' * 8}",
        "secrets": {"token": secret},
    }


def labs(*texts: str) -> Iterator[writer.Files]:
    """Yield small labs; one text less is one object less, which gives others new numbers."""
    for name in ("lab-ada", "lab-vera"):
        yield {
            f"{name}/{i:02}-configmap-{text[:1]}.yaml": (f"kind: {text}\n" * 50, i == 1)
            for i, text in enumerate(texts)
        }


OLD = partial(labs, "a: old", "b: old", "c: old", "d: same")
NEW = partial(labs, "a: new", "c: new", "d: same")


def tree(folder: Path) -> Tree:
    """Read all manifests, with the permissions of each file."""
    return {
        str(path.relative_to(folder)): (path.read_text(encoding="utf-8"), path.stat().st_mode)
        for path in folder.rglob("*")
        if path.suffix in {".yaml", ".yml", ".json"}
    }


def is_refused(folder: Path) -> bool:
    """Return whether `check` refuses every file of a folder."""
    result = CliRunner().invoke(app, ["check", str(folder)])
    return result.exit_code == 2 and "[unfinished-rendering]" in result.stderr


def strike(at: int, blow: Callable[[str], None]) -> None:
    """Deal a blow before operation number `at` of the file system, and before each later."""
    count = 0

    def counted(name: str, real: Callable[..., Any], *args: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        if count > at:
            blow(name)
        return real(*args, **options)

    for name in OPERATIONS:
        setattr(os, name, partial(counted, name, getattr(os, name)))


def kill(_operation: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def terminate(_operation: str) -> None:
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:  # once
        os.kill(os.getpid(), signal.SIGTERM)


def fill(operation: str) -> None:
    """Fail as a full disk does, which still renames and removes files."""
    if operation in {"fdopen", "mkdir"}:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def write(folder: Path, blow: Callable[[str], None], at: int) -> int:
    """Write the new rendering in a process of its own, which is struck, and return its status."""
    if child := os.fork():
        return os.waitpid(child, 0)[1]
    status = 1
    try:
        end_on_signals()
        strike(at, blow)
        writer.write_rendering(folder, NEW)
        status = 0
    except SystemExit:
        status = 143
    except OSError:
        status = 2
    os._exit(status)


def every_moment(blow: Callable[[str], None], *, is_new: bool) -> dict[str, int]:
    """Strike a run at every operation, and count the states that are left."""
    states: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as place:
        whole, folder = Path(place, "whole"), Path(place, "out")
        writer.write_rendering(whole, OLD)
        old = {} if is_new else tree(whole)
        writer.write_rendering(Path(place, "new"), NEW)
        new = tree(Path(place, "new"))
        at, status = 0, 1
        while status:
            shutil.rmtree(folder, ignore_errors=True)
            if not is_new:
                shutil.copytree(whole, folder)
            status = write(folder, blow, at)
            states[state(folder, old, new)] += 1
            writer.write_rendering(folder, NEW)  # mends what is left
            rest = [
                path for path in Path(place).rglob("*") if path.name.endswith((".new", ".tmp"))
            ]
            if tree(folder) != new or rest or len(list(Path(place).iterdir())) != 3:
                states["not mended"] += 1
            at += 1
    return dict(states)


def state(folder: Path, old: Tree, new: Tree) -> str:
    found = tree(folder)
    if found in (old, new):
        return "old" if found == old else "new"
    return "refused" if is_refused(folder) else "mixed"


def race(rounds: int) -> dict[str, int]:
    """Let two runs write to one folder at the same time, new and old ones in turn."""
    ends: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as place:
        trees = []
        for i, each in enumerate((OLD, NEW)):
            writer.write_rendering(Path(place, str(i)), each)
            trees.append(tree(Path(place, str(i))))
        for i in range(rounds):
            folder = Path(place, "out", str(i // 2))
            children = [_racing(folder, each) for each in (OLD, NEW)]
            codes = sorted(os.waitstatus_to_exitcode(os.waitpid(each, 0)[1]) for each in children)
            is_whole = tree(folder) in trees and not is_refused(folder)
            ends[f"{codes[0]}, {codes[1]}: {'whole' if is_whole else 'mixed'}"] += 1
    return dict(ends)


def _racing(folder: Path, files: Callable[[], Iterator[writer.Files]]) -> int:
    if child := os.fork():
        return child
    try:
        writer.write_rendering(folder, files)
        os._exit(0)
    except RenderingError as error:
        os._exit(2 if "is writing there" in error.lines[0] else 1)
    except BaseException:  # noqa: BLE001 (no child goes on here)
        os._exit(1)


def by_chance(rounds: int) -> dict[str, dict[str, int]]:
    """Kill real processes at moments by chance, two at a time, over an older rendering."""
    with tempfile.TemporaryDirectory() as place:
        trees = {}
        for name in ("old", "new"):
            users = [json.dumps(user(f"astro{i}", name)) for i in range(40)]
            Path(place, f"{name}.ndjson").write_text("\n".join(users), encoding="utf-8")
            subprocess.run([*_render(place, name), str(Path(place, name))], check=True)
            trees[name] = tree(Path(place, name))
        killed: Counter[str] = Counter()
        for number in range(rounds):
            folder = Path(place, "out")
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(Path(place, "old"), folder)
            process = subprocess.Popen([*_render(place, "new"), str(folder)])
            begun = _is_replacing if number % 2 else _is_staging
            while process.poll() is None and not begun(folder):
                time.sleep(0.0005)
            time.sleep(random.uniform(0, 0.03))  # noqa: S311 (no secret)
            process.kill()
            process.wait()
            killed[state(folder, trees["old"], trees["new"])] += 1
            subprocess.run([*_render(place, "new"), str(folder)], check=True)
            killed["mended"] += tree(folder) == trees["new"] and not is_refused(folder)
        together: Counter[str] = Counter()
        for _ in range(20):
            runs = [subprocess.Popen([*_render(place, each), str(folder)], stderr=-3)
                    for each in ("old", "new")]  # fmt: skip
            codes = sorted(each.wait() for each in runs)
            is_whole = tree(folder) in trees.values() and not is_refused(folder)
            together[f"{codes[0]}, {codes[1]}: {'whole' if is_whole else 'mixed'}"] += 1
    return {"killed": dict(killed), "two at once": dict(together)}


def _is_staging(folder: Path) -> bool:
    return (folder / ".labbuilder.new").exists()


def _is_replacing(folder: Path) -> bool:
    return bool(find_unfinished(folder / "file"))


def _render(place: str, name: str) -> list[str]:
    return [*COMMAND, "render", str(Path(place, f"{name}.ndjson")), "--output-dir"]


def at_every_moment() -> dict[str, dict[str, int]]:
    return {
        f"{blow.__name__}, {'new folder' if is_new else 'over an older one'}": every_moment(
            blow, is_new=is_new
        )
        for blow in (kill, terminate, fill)
        for is_new in (False, True)
    } | {"two at once": race(20)}


if __name__ == "__main__":
    found = by_chance(int(sys.argv[1])) if sys.argv[1:] else at_every_moment()
    print(json.dumps(found, indent=2))  # noqa: T201 (it is run by hand, too)
