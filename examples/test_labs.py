"""A test for a site, to copy next to ``users/``: its labs are as they were when last reviewed.

``pytest test_labs.py`` compares the labs with ``__snapshots__``, which is in git;
``pytest test_labs.py --snapshot-update`` records the current labs.
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
    """One file of manifests for each user file."""

    file_extension = "yaml"
    _write_mode = WriteMode.TEXT


@pytest.fixture(scope="session")
def compiler() -> UserFiles:
    """Return the compiler of all files, which reads the configuration once."""
    return UserFiles(kubernetes_version="1.37")  # the version of the cluster


@pytest.mark.parametrize("path", USERS, ids=lambda path: path.stem)
def test_labs_are_as_recorded(
    path: Path, compiler: UserFiles, snapshot: SnapshotAssertion
) -> None:
    """Errors in a user file name its line; changes are shown as a diff."""
    labs = [compiler.compile(document) for document in read_documents(str(path))]
    manifests = [redact(manifest) for lab in labs for manifest in lab.manifests()]
    assert to_yaml(manifests) == snapshot(extension_class=YamlSnapshot)
