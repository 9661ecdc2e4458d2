from pathlib import Path

import pytest

import labbuilder
from labbuilder import data
from labbuilder.documents import load
from labbuilder.models import LabConfig
from labbuilder.validation.schemas import NEWEST


def test_what_is_shipped_is_found_in_a_checkout_and_in_a_wheel() -> None:
    assert "pod.yaml" in data.TEMPLATES
    assert f"v{NEWEST}.json" in data.SCHEMAS
    assert Path(labbuilder.__file__).with_name("py.typed").is_file()


def test_the_default_site_is_a_configuration() -> None:
    (document,) = load(data.DEFAULT_SITE, "default-site.yaml")
    assert LabConfig.model_validate(document.data).namespace_prefix == "lab"


def test_a_folder_is_read_flat_and_in_order(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", "c.txt"):
        (tmp_path / name).write_text(name)
    (tmp_path / "d.yaml").mkdir()
    assert list(data.read_folder(tmp_path, ".yaml")) == ["a.yaml", "b.yaml"]
    with pytest.raises(OSError, match="absent"):
        data.read_folder(tmp_path / "absent", ".yaml")
