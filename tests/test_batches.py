"""Input a part at a time, and work that is spread over processes."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from labbuilder.users import batches
from labbuilder.users.access import Access
from labbuilder.users.batches import (
    Batch,
    map_batches,
    parse_batch,
    read_batches,
    total_bytes,
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in (
        "b.yaml",
        "a.yml",
        "c.json",
        "x.txt",
        ".hidden.yaml",
        "sub/d.yaml",
        ".git/e.yaml",
    ):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(f"file: {name}\n", encoding="utf-8")
    return tmp_path


def names(*given: str) -> list[str]:
    return [batch.file for batch in read_batches(given)]


def complaints(*given: str) -> list[tuple[str, str]]:
    return [(each.code, each.message) for batch in read_batches(given) for each in batch.findings]


def test_a_folder_stands_for_the_files_below_it_in_order() -> None:
    assert names(".") == ["a.yml", "b.yaml", "c.json", "sub/d.yaml"]


def test_a_glob_stands_for_the_files_that_match() -> None:
    assert names("*.yaml", "**/d.*") == ["b.yaml", "sub/d.yaml"]
    Path("[a].yaml").touch()
    assert names("[a].yaml") == ["[a].yaml"]


@pytest.fixture
def outside(folder: Path) -> Path:
    """Make a folder outside, and links to it, to our own folders, and to files of either."""
    outside = folder.parent / f"{folder.name}-outside"
    (outside / "sub").mkdir(parents=True)
    (outside / "sub" / "secret.yaml").write_text("token: planted-secret", encoding="utf-8")
    Path("users/..data").mkdir(parents=True)  # as Kubernetes mounts a ConfigMap
    Path("users/..data/ada.yaml").write_text("user: ada", encoding="utf-8")
    Path("users/ada.yaml").symlink_to("..data/ada.yaml")
    Path("users/up").symlink_to("..")
    Path("users/up2").symlink_to("..")
    Path("users/out").symlink_to(outside)
    os.mkfifo("users/fifo.yaml")
    return outside


@pytest.mark.parametrize("name", ["users", "users/**/*.yaml", "users/**", "**/ada.yaml"])
def test_links_to_folders_are_not_followed(name: str, outside: Path) -> None:
    assert names(name) == ["users/ada.yaml"]


@pytest.mark.parametrize("name", ["users", "users/*.yaml", "users/**", "users/**/*.yaml"])
def test_a_link_to_a_file_outside_is_refused_without_a_word_of_it(
    name: str, outside: Path
) -> None:
    Path("users/b.yaml").symlink_to(outside / "sub" / "secret.yaml")
    Path("users/c.yaml").symlink_to("../b.yaml")  # is below the working directory
    Path("users/d.yaml").symlink_to(outside / "sub" / "absent.yaml")
    Path("users/e.yaml").symlink_to("e.yaml")
    assert names(name) == ["users/ada.yaml", name, "users/c.yaml"]
    message = "'users/b.yaml' is a link to a file that may not be read"
    assert complaints(name) == [("file-not-allowed", message)]
    for access in (Access(trusted=True), Access(allow_files=[str(outside)])):
        found = [batch.file for batch in read_batches([name], access)]
        assert found == ["users/ada.yaml", "users/b.yaml", "users/c.yaml"]


def test_a_pattern_may_lead_through_links_to_what_may_be_read(outside: Path) -> None:
    assert names("users/up*/b.yaml") == ["users/up/b.yaml"]  # the same file as users/up2/b.yaml
    assert [code for code, _ in complaints("users/o*/sub/*.yaml")] == ["file-not-allowed"]
    assert names("users/out/sub/*.yaml") == ["users/out/sub/secret.yaml"]  # named, with its link


def test_a_file_with_several_names_is_read_once(folder: Path) -> None:
    Path("link.yaml").symlink_to("b.yaml")
    given = ["b.yaml", "./b.yaml", str(folder / "b.yaml"), "link.yaml", "*.yaml", ".", "b.yaml"]
    assert names(*given) == ["b.yaml", "a.yml", "c.json", "sub/d.yaml"]


def test_folders_may_be_as_deep_as_a_path_is_long() -> None:
    levels = ["deep" + "/a" * level for level in range(1100)]
    for level in levels:
        Path(level).mkdir()
    file = Path(levels[-1], "x.yaml")
    file.touch()
    assert names("deep") == names("deep/**/x.yaml") == [str(file)]
    file.unlink()
    for level in reversed(levels):  # more than pytest could remove
        Path(level).rmdir()


def test_a_folder_that_is_closed_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    assert complaints("sub") == [("unreadable-file", "'sub' can't be read: Permission denied")]


def test_what_is_not_there_is_told_and_does_not_stop_the_others() -> None:
    Path("empty").mkdir()
    assert names("absent.yaml", "no*.yaml", "empty", "b.yaml")[-1] == "b.yaml"
    assert complaints("absent.yaml", "no*.yaml", "empty", "b.yaml") == [
        ("unreadable-file", "'absent.yaml' can't be read: No such file or directory"),
        ("unreadable-file", "'no*.yaml' matches no file"),
        ("unreadable-file", "'empty' contains no YAML or JSON file"),
    ]


def test_lines_come_in_batches_with_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_MAX_LINES", 2)
    Path("users.ndjson").write_text('{"a": 1}\n\n{"a": 2}\n{"a": }\n{"a": 3}', encoding="utf-8")
    parts = list(read_batches(["users.ndjson"]))
    assert [part.first for part in parts] == [1, 3, 5]
    found = [each for part in parts for each in parse_batch(part)]
    data = [None if isinstance(each, tuple) else each.data for each in found]
    assert data == [{"a": 1}, {"a": 2}, {"a": None}, {"a": 3}]  # as YAML has it


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MAX_FILE_BYTES", 100)
    Path("users.jsonl").write_text('{"a": 1}\n' + "x" * 200, encoding="utf-8")
    assert [code for code, _ in complaints("users.jsonl")] == ["too-large"]


@pytest.mark.parametrize("size", [1, 2, 2000])
def test_no_line_is_lost_however_long_lines_are(size: int) -> None:
    lines = [f'{{"n": {i}, "text": "{"x" * 1000 * size}"}}' for i in range(70)]
    Path("users.ndjson").write_text("\n".join(lines), encoding="utf-8")
    found = [each for part in read_batches(["users.ndjson"]) for each in parse_batch(part)]
    assert [getattr(each, "data", {}).get("n") for each in found] == list(range(70))


def test_the_size_is_that_of_all_files(folder: Path) -> None:
    assert total_bytes(["b.yaml", str(folder / "sub")]) == len("file: b.yaml\nfile: sub/d.yaml\n")
    assert total_bytes(["b.yaml", "-"]) is None
    assert total_bytes(["absent.yaml"]) is None


def process_of(batch: Batch) -> tuple[str, int]:
    return batch.file, os.getpid()


def worker() -> partial[tuple[str, int]]:
    return partial(process_of)


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_batches(jobs: int) -> None:
    given = [Batch(str(i)) for i in range(100)]
    results = list(map_batches(worker, given, jobs))
    assert [file for file, _ in results] == [batch.file for batch in given]
    assert ({process for _, process in results} == {os.getpid()}) is (jobs == 1)


def test_only_a_few_batches_are_held_at_a_time() -> None:
    taken = 0

    def given() -> Iterator[Batch]:
        nonlocal taken
        for i in range(100):
            taken += 1
            yield Batch(str(i))

    results = map_batches(worker, given(), 2)
    next(results)
    assert taken <= 6
    results.close()  # type: ignore[attr-defined]  # it is a generator
