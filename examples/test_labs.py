"""A site's own test, to copy beside its ``users/``: its labs are the ones that were reviewed.

``pytest test_labs.py`` compares with what is recorded in ``__snapshots__``, which git keeps;
``pytest test_labs.py --snapshot-update`` records what the labs are now.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from labbuilder.output import redact, to_yaml
from labbuilder.users.compile import UserFiles, read_documents

USERS = sorted(Path("users").glob("*.yaml"))


class YamlSnapshot(SingleFileSnapshotExtension):
    """A file of manifests for each user file."""

    file_extension = "yaml"
    _write_mode = WriteMode.TEXT


@pytest.fixture(scope="session")
def compiler() -> UserFiles:
    """Give what compiles all of them, which reads the configuration once."""
    return UserFiles(kubernetes_version="1.37")  # the cluster's


@pytest.mark.parametrize("path", USERS, ids=lambda path: path.stem)
def test_labs_are_as_recorded(
    path: Path, compiler: UserFiles, snapshot: SnapshotAssertion
) -> None:
    """What is wrong with a user file is told with its line; what changed, as a difference."""
    labs = [compiler.compile(document) for document in read_documents(str(path))]
    manifests = [redact(manifest) for lab in labs for manifest in lab.manifests()]
    assert to_yaml(manifests) == snapshot(extension_class=YamlSnapshot)
