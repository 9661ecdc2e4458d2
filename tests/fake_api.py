"""A Kubernetes API server in miniature, for controllers to be tested against.

It does as a real one does where a controller of labs can tell: server-side apply, namespaces that
take their time to go, pods that take theirs to run, quotas that refuse pods until they count, and
quantities in their shortest form. Time passes by being looked at, so that no test depends on a
clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import yaml
from aiohttp import web

Manifest = dict[str, Any]

NAMESPACES = "/api/v1/namespaces"
FIRST_PHASES = {"Namespace": "Active", "Pod": "Pending"}
NOW = "2026-11-22T10:00:00Z"


@dataclass(frozen=True)
class Request:
    """A request to the server."""

    method: str
    path: str
    query: dict[str, str]
    content_type: str
    body: Manifest


class RefusedError(Exception):
    """What the server answers with an error to."""

    def __init__(self, status: HTTPStatus) -> None:
        self.status = status


@dataclass
class FakeApi:
    """A cluster, whose server can be started and stopped.

    Attributes
    ----------
    objects
        By their paths.
    requests
        All that were made.
    on_request
        Sees each before it is done, and may raise `RefusedError`.
    phases
        What pods go through, a step each time that one is read.
    lingering
        How often a namespace that was deleted can be read before it is gone.
    """

    objects: dict[str, Manifest] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    on_request: Callable[[Request], object] = lambda _: None
    phases: tuple[str, ...] = ("Pending", "Running")
    lingering: float = 1
    _reads: Counter[str] = field(default_factory=Counter)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Serve the cluster at the URL that this gives."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    def names(self, kind: str) -> list[str]:
        """List the objects of a kind."""
        return sorted(
            each["metadata"]["name"] for each in self.objects.values() if each["kind"] == kind
        )

    async def _answer(self, raw: web.Request) -> web.Response:
        text = await raw.text()  # from here on nothing is awaited: a request is done as a whole
        body = yaml.safe_load(text) if text else {}
        request = Request(raw.method, raw.path, dict(raw.query), raw.content_type, body)
        self.requests.append(request)
        try:
            self.on_request(request)
            status, answer = self._act(request)
        except RefusedError as refused:
            status = refused.status
            answer = {"kind": "Status", "status": "Failure", "reason": status.phrase}
        return web.json_response(answer, status=status)

    def _act(self, request: Request) -> tuple[HTTPStatus, Manifest]:
        match request.method:
            case "PATCH":
                return self._apply(request)
            case "GET" if request.path == NAMESPACES:
                return HTTPStatus.OK, self._list(request.query.get("labelSelector", ""))
            case "GET":
                return HTTPStatus.OK, self._read(request.path)
            case "DELETE" if request.path.startswith(f"{NAMESPACES}/"):
                return HTTPStatus.OK, self._delete(request.path)
        raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED)

    def _apply(self, request: Request) -> tuple[HTTPStatus, Manifest]:
        path, body = request.path, request.body
        if request.content_type != "application/apply-patch+yaml":
            raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        if path != path_of(body) or not request.query.get("fieldManager"):
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        if "namespace" in body["metadata"]:
            namespace = self._get(f"{NAMESPACES}/{body['metadata']['namespace']}")
            if "deletionTimestamp" in namespace["metadata"]:
                raise RefusedError(HTTPStatus.FORBIDDEN)
            if body["kind"] == "Pod" and not self._is_counted(body["metadata"]["namespace"]):
                raise RefusedError(HTTPStatus.FORBIDDEN)
        known = self.objects.get(path)
        merged: Manifest = merged_into(known or {}, as_stored(body))
        if known:
            if known.get("immutable") and merged != known:
                raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY)
        else:
            self._reads[path] = 0
            merged["metadata"] |= {"uid": path, "creationTimestamp": NOW}
            if phase := FIRST_PHASES.get(body["kind"]):
                merged["status"] = {"phase": phase}
        self.objects[path] = merged
        return HTTPStatus.OK if known else HTTPStatus.CREATED, merged

    def _is_counted(self, namespace: str) -> bool:
        start = f"{NAMESPACES}/{namespace}/resourcequotas/"
        quotas = [each for path, each in self.objects.items() if path.startswith(start)]
        return all("status" in quota for quota in quotas)

    def _get(self, path: str) -> Manifest:
        if path not in self.objects:
            raise RefusedError(HTTPStatus.NOT_FOUND)
        return self.objects[path]

    def _list(self, selector: str) -> Manifest:
        def chosen(labels: dict[str, str]) -> bool:
            terms = [term.partition("=") for term in selector.split(",") if term]
            return all(
                key in labels and (not equals or labels[key] == value)
                for key, equals, value in terms
            )

        namespaces = [each for each in self.objects.values() if each["kind"] == "Namespace"]
        items = [each for each in namespaces if chosen(each["metadata"].get("labels", {}))]
        return {"kind": "NamespaceList", "apiVersion": "v1", "metadata": {}, "items": items}

    def _read(self, path: str) -> Manifest:
        found = self._get(path)
        self._reads[path] += 1
        reads = self._reads[path]
        if found["kind"] == "Pod":
            found["status"]["phase"] = self.phases[min(reads, len(self.phases)) - 1]
        if found["kind"] == "ResourceQuota" and reads > 1:
            found["status"] = {"hard": found["spec"]["hard"]}
        if "deletionTimestamp" in found["metadata"] and reads > self.lingering:
            within = f"/namespaces/{found['metadata']['name']}/"
            self.objects = {
                at: each for at, each in self.objects.items() if within not in f"{at}/"
            }
        return self._get(path)

    def _delete(self, path: str) -> Manifest:
        namespace = self._get(path)
        namespace["metadata"]["deletionTimestamp"] = NOW
        namespace["status"]["phase"] = "Terminating"
        self._reads[path] = 0
        return namespace


def path_of(manifest: Manifest) -> str:
    """Give the path at which an object lies."""
    group, metadata = manifest["apiVersion"], manifest["metadata"]
    start = f"/apis/{group}" if "/" in group else f"/api/{group}"
    if "namespace" in metadata:
        start += f"/namespaces/{metadata['namespace']}"
    plural = f"{manifest['kind'].lower()}s".replace("policys", "policies")
    return f"{start}/{plural}/{metadata['name']}"


def merged_into(known: Any, new: Any) -> Any:
    """Merge as server-side apply does, but for lists, which it takes as they are."""
    if isinstance(known, dict) and isinstance(new, dict):
        return known | {key: merged_into(known.get(key), item) for key, item in new.items()}
    return new


def as_stored(value: Any, key: str = "") -> Any:
    """Write quantities as an API server does."""
    if isinstance(value, list):
        return [as_stored(item) for item in value]
    if not isinstance(value, dict):
        return value
    if key in {"hard", "limits", "requests"}:
        return {name: shortest(amount) for name, amount in value.items()}
    return {name: as_stored(item, name) for name, item in value.items()}


def shortest(amount: str) -> str:
    """Write a quantity without a fraction and with the largest suffix: 9, 250m, 16G, 4Gi."""
    if amount.endswith("i"):
        return amount
    number = Decimal(amount)
    powers = {"T": 12, "G": 9, "M": 6, "k": 3, "": 0, "m": -3}
    scaled = {suffix: number.scaleb(-power) for suffix, power in powers.items()}
    return next(f"{int(each)}{suffix}" for suffix, each in scaled.items() if not each % 1)
