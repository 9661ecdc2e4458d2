"""What the READMEs say is what the code says, and their links lead somewhere."""

import ast
import re
from pathlib import Path

import pytest
from readmes import CODE_ROW, GENERATED, MAKE, READMES, with_parts
from references import EXAMPLES, PACKAGE, ROOT, manifests, parts

from labbuilder.data import TEMPLATES
from labbuilder.validation.rules import RULES

PAGES = [*READMES, ROOT / ".github/CONTRIBUTING.md", ROOT / ".github/SECURITY.md"]
FINDINGS = (ROOT / "labbuilder/validation/README.md").read_text(encoding="utf-8")
CODE = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")
FAMILIES = ("duplicate", "reserved-")  # a code for each noun that can be either
NOT_CODES = {
    "ephemeral-storage", "network-policy", "persistent-volume-claim", "resource-quota",
    "config-map", "utf-8", "x-kubernetes-list-map-keys", "x-kubernetes-list-type",
    "x-kubernetes-patch-merge-key",
    "kube-apiserver", "kube-node-lease", "kube-public", "kube-system", "user-groups", "user-name",
    # The names of a lab's volumes and containers, of a Secret's keys and of JUnit's elements
    "discovery-v1-json", "lab-startup", "nublado-std-inithome", "nublado-std-landingpage",
    "nublado-std-startup", "pull-secret", "ssh-privatekey", "system-out",
}  # fmt: skip


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", READMES, ids=name)
def test_generated_parts_are_up_to_date(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert with_parts(text) == text, f"{name(page)} is out of date: run {MAKE}"


def test_every_part_is_shown_once() -> None:
    texts = "".join(page.read_text(encoding="utf-8") for page in READMES)
    assert sorted(found[2] for found in GENERATED.finditer(texts)) == sorted(parts())


def anchors(page: Path) -> set[str]:
    """Give the anchors of a page: its own, and those of its headings, as GitHub makes them."""
    text = page.read_text(encoding="utf-8")
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    own = set(re.findall(r'<a id="([^"]+)"></a>', text))
    return own | {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_readme_links_every_page() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [page for page in PAGES[1:] if f"]({name(page)}" not in text] == []


def test_the_readme_can_be_read_at_a_sitting() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 160


def test_the_drawing_has_every_kind_of_object() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    kinds = {
        kind
        for each in TEMPLATES.values()
        for kind in re.findall(r"^kind: (\w+)", each, re.MULTILINE)
    }
    assert {kind for kind in kinds if f'["{kind} ' not in text} == set()


def codes_in_code() -> set[str]:
    """List the texts of the code that look like codes of findings, but those that are others."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py"))
    texts = {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in texts if CODE.fullmatch(text)} - NOT_CODES


def codes_in_tables() -> list[str]:
    return CODE_ROW.findall(FINDINGS)


def test_every_code_has_one_anchor() -> None:
    anchors = re.findall(r'<a id="([^"]+)"></a>', FINDINGS)
    assert len(anchors) > len(RULES)
    assert sorted(anchors) == sorted(set(codes_in_tables()))
    headings = re.findall(r"^#+ (.*)$", FINDINGS, re.MULTILINE)
    assert {head.lower().replace(" ", "-") for head in headings} & set(anchors) == set()


def test_every_code_is_explained() -> None:
    missing = codes_in_code() - set(codes_in_tables())
    assert not missing, "explain them in labbuilder/validation/README.md, or add to NOT_CODES"


def test_every_code_that_is_explained_exists() -> None:
    others = set(codes_in_tables()) - codes_in_code()
    assert {code for code in others if not code.startswith(FAMILIES)} == set()


def test_every_code_that_a_test_expects_is_explained() -> None:
    files = (ROOT / "tests/negative").glob("*.yaml")
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    expected = {line.split()[1] for line in re.findall(r"^# expect: (.*)$", text, re.MULTILINE)}
    assert expected - set(codes_in_tables()) == set()


def test_codes_are_in_order_and_explained_once_a_table() -> None:
    for section in FINDINGS.split("\n## ")[1:]:
        codes = CODE_ROW.findall(section)
        assert codes == sorted(set(codes))


def test_every_rule_has_an_example() -> None:
    assert EXAMPLES.keys() == {code for code in RULES if not manifests(code)}
