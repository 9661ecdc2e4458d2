"""Rubin Observatory's own libraries, where they install: Repertoire and Gafaelfawr."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import labs
import pytest

from labbuilder import LabBuilderError
from labbuilder.adapter import LabBuilder, LabObjects

DISCOVERY = {
    "applications": ["gafaelfawr", "portal"],
    "datasets": {"dr9": {"butler_config": "https://data.example.org/butler/dr9.yaml"}},
    "services": {"internal": {"gafaelfawr": {"url": "https://data.example.org/auth/api"}}},
}


class Repertoire(BaseHTTPRequestHandler):
    """Answers as the discovery service does, or not at all well."""

    status = HTTPStatus.OK

    def do_GET(self) -> None:
        found = self.path == "/repertoire/discovery"
        self.send_response(self.status if found else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(DISCOVERY).encode())

    def log_message(self, *_: object) -> None:
        """Leave the test's output alone."""


@pytest.fixture
def base_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Repertoire, "status", HTTPStatus.OK)
    with ThreadingHTTPServer(("127.0.0.1", 0), Repertoire) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/repertoire"
        server.shutdown()
        thread.join()


def build(client: Any, user: Any = None) -> LabObjects:
    arguments = labs.arguments()
    builder = LabBuilder(
        config=arguments["config"],
        base_url="https://data.example.org",
        discovery_client=client,
        logger=logging.getLogger("labs"),
    )
    names = ("user", "lab", "image", "secrets")
    request = {name: arguments[name] for name in names} | ({"user": user} if user else {})

    async def main() -> LabObjects:
        try:
            return await builder.build_lab(**request)
        finally:
            if hasattr(client, "aclose"):
                await client.aclose()

    return asyncio.run(main())


def test_the_files_config_map_carries_what_repertoire_says(base_url: str) -> None:
    repertoire = pytest.importorskip("rubin.repertoire")
    lab = build(repertoire.DiscoveryClient(base_url=base_url))
    document = json.loads(lab.config_maps[1]["data"]["discovery-v1-json"])
    assert document["datasets"] == DISCOVERY["datasets"]
    assert document["services"] == DISCOVERY["services"]


def test_trouble_with_repertoire_is_one_clear_error(
    base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repertoire = pytest.importorskip("rubin.repertoire")
    monkeypatch.setattr(Repertoire, "status", HTTPStatus.SERVICE_UNAVAILABLE)
    with pytest.raises(LabBuilderError) as caught:
        build(repertoire.DiscoveryClient(base_url=base_url))
    (finding,) = caught.value.findings
    assert finding.code == "discovery-failed"
    assert finding.message == "service discovery failed: RepertoireWebError"  # by its type alone


class NoDiscovery:
    """A site without service discovery."""

    async def build_nublado_dict(self) -> dict[str, Any]:
        return {}


def test_gafaelfawrs_user_is_a_user() -> None:
    gafaelfawr = pytest.importorskip("rubin.gafaelfawr")
    plain = {**labs.ARGUMENTS["user"], "email": "vera@example.org"}
    plain["quota"] = {"notebook": {"cpu": 4.0, "memory": 16.5}}
    user = gafaelfawr.GafaelfawrUserInfo.model_validate(
        {**plain, "quota": {**plain["quota"], "api": {"tap": 60}, "disk": {"/home": 10**9}}}
    )
    assert build(NoDiscovery(), user) == build(NoDiscovery(), plain)


def test_a_user_of_gafaelfawr_without_ids_is_refused() -> None:
    gafaelfawr = pytest.importorskip("rubin.gafaelfawr")
    with pytest.raises(LabBuilderError) as caught:
        build(NoDiscovery(), gafaelfawr.GafaelfawrUserInfo(username="vera"))
    assert {finding.path for finding in caught.value.findings} == {
        ("user", "uid"),
        ("user", "gid"),
    }
