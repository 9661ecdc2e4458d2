from pathlib import Path
from typing import Any

import pytest

from labbuilder import LabBuilderError, LabCompiler
from labbuilder.data import DEFAULT_SITE
from labbuilder.documents import load
from labbuilder.users import compile as users_compile
from labbuilder.users.access import Access
from labbuilder.users.compile import UserFiles, read_documents
from labbuilder.users.configuration import read_lab_config


@pytest.fixture(autouse=True)
def _in_the_folder_of_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


EXAMPLES = Path(__file__).parent.parent / "examples"


def test_a_configuration_is_read_once_for_all_users(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    original = Access.read

    def counted(access: Access, path: Path) -> bytes:
        read.append(path.name)
        return original(access, path)

    monkeypatch.setattr(Access, "read", counted)
    users = UserFiles(access=Access(str(EXAMPLES)))
    for name in ("observatory", "form-post", "observatory"):
        (document,) = read_documents(str(EXAMPLES / f"{name}.yaml"))
        users.compile(document)
    assert read.count("observatory-site.yaml") == 1


def test_only_the_newest_configurations_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []

    class Counted(LabCompiler):
        def __init__(self, config: Any, **options: Any) -> None:
            compiled.append(config["namespacePrefix"])
            super().__init__(config, **options)

    monkeypatch.setattr(users_compile, "LabCompiler", Counted)
    monkeypatch.setattr(users_compile, "_MAX_CACHED_SITES", 2)
    minimal = (EXAMPLES / "minimal.yaml").read_text(encoding="utf-8")
    for name in "abc":
        site = DEFAULT_SITE.replace("namespacePrefix: lab\n", f"namespacePrefix: {name}\n")
        (tmp_path / f"{name}.yaml").write_text(site, encoding="utf-8")
        (tmp_path / f"user-{name}.yaml").write_text(f"config: {name}.yaml\n{minimal}", "utf-8")
    users = UserFiles()
    for name in "aabbcbca":
        (document,) = read_documents(str(tmp_path / f"user-{name}.yaml"))
        namespace = users.compile(document).namespace["metadata"]["name"]
        assert namespace == f"{name}-rosalind"
    assert "".join(compiled) == "abca"


@pytest.mark.parametrize(
    "text",
    [
        "sizes: ]",
        "---\nsizes: 1\n---\nb: 2\n",
        "sizes: []\nnamespacePrefix: Labs\n",
        "lab:\n  sizes: []\n  x: 1\n",
    ],
)
def test_a_configuration_has_the_same_complaints_whoever_reads_it(
    text: str, tmp_path: Path
) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(text, encoding="utf-8")
    minimal = (EXAMPLES / "minimal.yaml").read_text(encoding="utf-8")
    (tmp_path / "user.yaml").write_text(f"config: site.yaml\n{minimal}", encoding="utf-8")
    (user,) = read_documents(str(tmp_path / "user.yaml"))
    found = []
    for read in (
        lambda: read_lab_config(str(site)),
        lambda: UserFiles(config=str(site)).compile(user),
        lambda: UserFiles().compile(user),
    ):
        with pytest.raises(LabBuilderError) as caught:
            read()
        found.append(list(caught.value.findings))
    assert found[0] == found[1] == found[2]


def test_complaints_of_the_configuration_come_with_those_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("lab:\n  namespacePrefix: Labs\n", encoding="utf-8")
    (tmp_path / "user.yaml").write_text(
        "config: site.yaml\nuser: {username: Vera}\n", encoding="utf-8"
    )
    (document,) = read_documents(str(tmp_path / "user.yaml"))
    with pytest.raises(LabBuilderError) as caught:
        UserFiles().compile(document)
    places = {
        (Path(each.source.file).name, each.source.line, each.path[-1])
        for each in caught.value.findings
        if each.source
    }
    assert {("site.yaml", 2, "namespacePrefix"), ("user.yaml", 2, "username")} <= places


def test_a_user_file_may_leave_out_what_has_a_sensible_default(tmp_path: Path) -> None:
    (document,) = read_documents(str(EXAMPLES / "minimal.yaml"))
    objects = UserFiles().compile(document)
    data = objects.env_config_map["data"]
    assert data["JUPYTERHUB_SERVICE_PREFIX"] == "/user/rosalind/"
    assert data["CONTAINER_SIZE"] == "Small (1.0 CPU, 4Gi RAM)"
    assert objects.config_maps[1]["data"]["discovery-v1-json"] == "{}"
    assert objects.warnings == ()


def test_what_stands_in_the_place_of_a_kind_is_not_repeated() -> None:
    text = "apiVersion: v1\nkind: {password: hunter23}\n"
    with pytest.raises(LabBuilderError) as error:
        UserFiles().compile(load(text, "a.yaml")[0])
    assert "is a Kubernetes manifest, not a user file" in str(error.value)
    assert "hunter23" not in str(error.value)
