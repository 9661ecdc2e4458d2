from pathlib import Path
from typing import Any

import pytest

from labbuilder import LabBuilderError
from labbuilder.users.compile import UserFiles, read_documents

EXAMPLES = Path(__file__).parent.parent / "examples"


def test_a_configuration_is_read_once_for_all_users(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    original = Path.open

    def counted(path: Path, mode: str) -> Any:
        read.append(path.name)
        return original(path, mode)

    monkeypatch.setattr(Path, "open", counted)
    users = UserFiles()
    for name in ("observatory", "form-post", "observatory"):
        (document,) = read_documents(str(EXAMPLES / f"{name}.yaml"))
        users.compile(document)
    assert read.count("observatory-site.yaml") == 1


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
