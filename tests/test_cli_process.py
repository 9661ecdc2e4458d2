"""The command line as a process: signals, workers that end with it, streams that take no more."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from labbuilder.cli import app, process
from labbuilder.cli.streams import ClosedStream
from labbuilder.users.batches import Batch, map_batches

COMMAND = [sys.executable, "-c", "from labbuilder.cli import main; main()"]
USER = {
    "site": {"baseUrl": "https://data.example.org"},
    "user": {"username": "vera", "uid": 4242, "gid": 4242},
    "image": f"registry.example/lab:w_2026_47@sha256:{'5f3d8f2a' * 8}",
    "secrets": {"token": "not-a-real-token"},
}
COMMANDS = [
    ["render", "user.yaml"],
    ["check", "bad.yaml"],
    ["diff", "user.yaml", "lab.yaml"],
    ["state", "lab.yaml"],
    ["names", "vera"],
    ["url", "vera"],
    ["schema", "user"],
    ["init", "new"],
    ["--version"],
    ["--help"],
    ["render", "--help"],
]
COMPLAINTS = [
    ["render", "bad.yaml"],
    ["check", "absent.yaml"],
    ["diff", "bad.yaml", "lab.yaml"],
    ["state", "user.yaml"],
    ["names", "Vera"],
    ["url", "Vera"],
    ["schema", "nonsense"],
    ["init", "."],
    ["nonsense"],
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("user.yaml").write_text(yaml.safe_dump(USER), encoding="utf-8")
    Path("bad.yaml").write_text("user: {username: Vera}\n", encoding="utf-8")
    Path("site.yaml").touch()
    config = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vera-nb-env, namespace: lab-vera}\n"
    )
    Path("lab.yaml").write_text(config, encoding="utf-8")
    return tmp_path


def full(_name: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.FileIO("/dev/full", "w"), encoding="utf-8")


@pytest.mark.parametrize("make", [ClosedStream, full])
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_output_that_cannot_be_written_is_an_error(
    arguments: list[str],
    make: Callable[[str], io.TextIOWrapper],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with closing(make("standard output")) as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert process.exit_status(partial(app, arguments)) == 2
    reason = "standard output is closed" if make is ClosedStream else "No space left on device"
    assert capsys.readouterr().err.splitlines()[-1].endswith(reason)


@pytest.mark.parametrize("make", [ClosedStream, full])
@pytest.mark.parametrize("arguments", COMPLAINTS, ids=" ".join)
def test_complaints_that_cannot_be_written_are_an_error(
    arguments: list[str],
    make: Callable[[str], io.TextIOWrapper],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with closing(make("standard error")) as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        assert process.exit_status(partial(app, arguments)) == 2


@pytest.mark.parametrize(
    ("command", "redirections", "stderr"),
    [
        ("--version", ">&-", "standard output is closed\n"),
        ("--help", "> /dev/full", "No space left on device\n"),
        ("render user.yaml", ">&- 2>&-", ""),
        ("render user.yaml", "> /dev/full 2> /dev/full", ""),
        ("render bad.yaml", "2>&-", ""),
        ("names Vera", "2> /dev/full", ""),
        ("render -", "<&-", "error: standard input is closed [unreadable-file]\n"),
    ],
)
def test_a_process_says_once_what_it_cannot_write(
    command: str, redirections: str, stderr: str
) -> None:
    program = f"{sys.executable} -c 'from labbuilder.cli import main; main()'"
    done = subprocess.run(  # noqa: S602 (to close its streams)
        f"{program} {command} {redirections}",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", stderr)


def test_a_reader_who_has_enough_is_an_error_without_a_word() -> None:
    read, written = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*COMMAND, "schema", "user"], stdout=written, stderr=subprocess.PIPE, check=False
    )
    os.close(written)
    assert (done.returncode, done.stderr) == (2, b"")


def test_a_closed_stream_lends_its_number_to_no_file() -> None:
    code = "import os\nfrom labbuilder.cli.process import open_streams\nopen_streams()\n"
    code += "print(os.open('user.yaml', os.O_RDONLY))"
    command = f'{sys.executable} -c "$CODE" <&- 2>&-'
    done = subprocess.run(  # noqa: S602 (as above)
        command, shell=True, capture_output=True, env={**os.environ, "CODE": code}, check=True
    )
    assert int(done.stdout) >= 3


def hear_signals() -> None:
    """Undo what a shell does to what it starts in the background, these tests perhaps."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def running(*arguments: str) -> subprocess.Popen[bytes]:
    """Start a command on users that would take minutes."""
    users = [json.dumps(USER | {"user": {**USER["user"], "username": f"vera{i}"}})  # type: ignore[dict-item] # it is a mapping
             for i in range(2000)]  # fmt: skip
    Path("users.ndjson").write_text("\n".join(users * 20), encoding="utf-8")
    return subprocess.Popen(
        [*COMMAND, "render", "users.ndjson", "-o", "ndjson", "--keep-going", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=hear_signals,  # noqa: PLW1509 (there is one thread)
    )


def children(parent: subprocess.Popen[bytes]) -> list[int]:
    file = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    if not file.exists():
        pytest.skip("this system doesn't list a process's children")
    return [int(number) for number in file.read_text(encoding="utf-8").split()]


def is_running(number: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{number}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)]
)
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_that_is_ended_leaves_no_process_and_closes_its_pipe(
    number: int, status: int, jobs: int
) -> None:
    parent = running("--jobs", str(jobs))
    assert parent.stdout
    parent.stdout.readline()  # its workers are at work
    workers = children(parent)
    assert len(workers) == (jobs if jobs > 1 else 0)
    parent.send_signal(number)
    _, stderr = parent.communicate(timeout=30)  # to the end of the pipe, which workers hold, too
    assert (parent.returncode, stderr) == (status, b"")
    end = time.monotonic() + 30
    while any(map(is_running, workers)):
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_ended_writes_no_folder(number: int) -> None:
    parent = running("--jobs", "2", "--output-dir", "out", "-o", "yaml")
    while not children(parent):
        assert parent.poll() is None
    parent.send_signal(number)
    _, stderr = parent.communicate(timeout=60)
    assert (parent.returncode, stderr) == (128 + number, b"")
    assert not [path for path in Path().iterdir() if "out" in path.name]


def test_a_worker_that_is_killed_at_work_ends_the_run() -> None:
    parent = running("--jobs", "2")
    assert parent.stdout
    parent.stdout.readline()
    os.kill(children(parent)[0], signal.SIGKILL)
    _, stderr = parent.communicate(timeout=30)
    assert parent.returncode == 2
    assert stderr == b"the labs can't be written: a worker process was killed\n"


def test_importing_the_commands_changes_no_handler() -> None:
    code = "import signal\nbefore = [*map(signal.getsignal, (2, 15))]\n"
    code += "import labbuilder.cli\nlabbuilder.compile_lab\n"
    code += "assert before == [*map(signal.getsignal, (2, 15))]"
    subprocess.run([sys.executable, "-c", code], check=True)


class Large:
    """Dies in the middle of a result that is larger than a pipe holds."""

    def __call__(self, batch: Batch) -> bytes:
        if batch.file == "3":
            os.kill(os.getpid(), signal.SIGKILL)
        return bytes(10**6)


def test_results_may_be_larger_than_a_pipe() -> None:
    given = [Batch(str(i), bytes(10**6)) for i in range(3)]
    assert list(map(len, map_batches(Large, given, 2))) == [10**6] * 3
    with pytest.raises(ChildProcessError, match="a worker process was killed"):
        list(map_batches(Large, [Batch(str(i)) for i in range(100)], 2))


def refuse(batch: Batch) -> Any:
    raise ValueError(batch.file)


def test_what_a_worker_raises_is_raised_here() -> None:
    with pytest.raises(ValueError, match=r"^0$"):
        list(map_batches(partial(partial, refuse), [Batch(str(i)) for i in range(9)], 2))
