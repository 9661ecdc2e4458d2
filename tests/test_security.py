"""Each promise of SECURITY names the tests that hold it, and they are there."""

import ast
import re

import pytest
from references import ROOT

TEXT = (ROOT / ".github/SECURITY.md").read_text(encoding="utf-8")
PROMISES = TEXT.partition("## Promises")[2].partition("## Not promised")[0]
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PROMISES.splitlines()
    if line.startswith("| ") and not line.startswith("| promise")
]
TEST = re.compile(r"`(test_\w+)::(test_\w+)`")


def functions(module: str) -> set[str]:
    tree = ast.parse((ROOT / f"tests/{module}.py").read_text(encoding="utf-8"))
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_a_promise_names_tests_that_exist(row: list[str]) -> None:
    _, tests = row
    found = TEST.findall(tests)
    assert TEST.sub("", tests).strip(" ,") == ""
    assert [each for each in found if each[1] not in functions(each[0])] == []
    assert found


def test_there_are_promises() -> None:
    assert len(ROWS) > 20
