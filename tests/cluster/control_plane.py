"""A control plane of the tests' own: etcd, the API server, and kwok for the kubelet.

What a real one has besides is done here: namespaces that are deleted go, pods get a node, claims
a volume, and quotas a status.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from labbuilder.output import to_yaml

__all__ = ["Answer", "Api", "ControlPlane", "api_server", "control_plane"]

TOKEN = "of-this-machine-only"  # noqa: S105 (of a server that ends with the tests)
NODE = "kwok"
STAGES = Path(__file__).parent / "stages.yaml"
START_SECONDS = 60
PLURALS = {
    "Namespace": "namespaces", "ResourceQuota": "resourcequotas", "ConfigMap": "configmaps",
    "Secret": "secrets", "PersistentVolumeClaim": "persistentvolumeclaims",
    "NetworkPolicy": "networkpolicies", "Service": "services", "Pod": "pods", "Node": "nodes",
    "LimitRange": "limitranges", "ServiceAccount": "serviceaccounts",
}  # fmt: skip
CONTENTS = [kind for kind in PLURALS if kind not in {"Namespace", "Node"}]
APPLY = "application/apply-patch+yaml"

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API server said: an object, or a Status."""

    status: int
    body: Manifest

    @property
    def is_fine(self) -> bool:
        return self.status < 300

    @property
    def message(self) -> str:
        return "" if self.is_fine else str(self.body.get("message", self.body))


class Api:
    """A client of the API server, a connection a thread."""

    def __init__(self, port: int, certificate: Path) -> None:
        self.host = f"https://127.0.0.1:{port}"
        self.certificate = certificate
        self._port = port
        self._context = ssl.create_default_context(cafile=str(certificate))
        self._threads = threading.local()
        self._connections: list[HTTPSConnection] = []

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def request(
        self,
        method: str,
        path: str,
        body: Manifest | str | None = None,
        content_type: str = "application/json",
        **query: str,
    ) -> Answer:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": content_type}
        text = json.dumps(body) if isinstance(body, dict) else body
        content = None if text is None else text.encode("utf-8", "surrogatepass")
        target = f"{path}?{urlencode(query)}" if query else path
        for last in (False, True):
            connection = self._connection()
            try:
                connection.request(method, target, content, headers)
                response = connection.getresponse()
                said = response.read()
            except (HTTPException, OSError):  # the server closes what is idle
                connection.close()
                if last:
                    raise
                continue
            try:
                found = json.loads(said)
            except ValueError:
                found = {"message": said.decode(errors="replace")}
            return Answer(response.status, found)
        raise AssertionError

    def _connection(self) -> HTTPSConnection:
        if not hasattr(self._threads, "connection"):
            self._threads.connection = HTTPSConnection(
                "127.0.0.1", self._port, timeout=30, context=self._context
            )
            self._connections.append(self._threads.connection)
        connection: HTTPSConnection = self._threads.connection
        return connection

    def apply(self, manifest: Mapping[str, Any], *, dry_run: bool = False) -> Answer:
        """Apply an object on the server's side, minding every field, as our YAML has it."""
        query = options(dry_run=dry_run)
        return self.request(
            "PATCH", path_of(manifest), to_yaml([manifest]), APPLY, force="true", **query
        )

    def create(self, manifest: Mapping[str, Any], *, dry_run: bool = False) -> Answer:
        """Create an object, which the server may have to name."""
        at = path(manifest["kind"], "", manifest["metadata"].get("namespace", ""))
        return self.request("POST", at, dict(manifest), **options(dry_run=dry_run))

    def get(self, kind: str, name: str = "", namespace: str = "") -> Answer:
        return self.request("GET", path(kind, name, namespace))


def options(*, dry_run: bool) -> dict[str, str]:
    query = {"fieldManager": "labbuilder", "fieldValidation": "Strict"}
    return {**query, "dryRun": "All"} if dry_run else query


def path_of(manifest: Mapping[str, Any]) -> str:
    metadata = manifest["metadata"]
    return path(manifest["kind"], metadata["name"], metadata.get("namespace", ""))


def path(kind: str, name: str = "", namespace: str = "") -> str:
    group = "/apis/networking.k8s.io/v1" if kind == "NetworkPolicy" else "/api/v1"
    steps = [group, *(["namespaces", quote(namespace, "")] if namespace else []), PLURALS[kind]]
    return "/".join([*steps, quote(name, "")] if name else steps)


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """A control plane that runs."""

    api: Api
    kubeconfig: Path


@contextmanager
def control_plane(assets: Path, folder: Path) -> Iterator[ControlPlane]:
    """Run a control plane of the programs in `assets`, which keeps what it has in `folder`."""
    with ExitStack() as stack:
        api = stack.enter_context(api_server(assets, folder))
        kubeconfig = write_kubeconfig(folder, api)
        run(
            stack, folder, assets / "kwok", "--kubeconfig", str(kubeconfig), "--config",
            str(STAGES), "--manage-single-node", NODE,
        )  # fmt: skip
        helpers = Helpers(api)
        stack.callback(helpers.stop)
        yield ControlPlane(api, kubeconfig)


@contextmanager
def api_server(assets: Path, folder: Path, *more: str) -> Iterator[Api]:
    """Run an API server alone, with more options of its own, which judges but does nothing."""
    ports = dict(zip(("etcd", "peers", "api"), free_ports(3), strict=True))
    with ExitStack() as stack:
        clients = f"http://127.0.0.1:{ports['etcd']}"
        peers = f"http://127.0.0.1:{ports['peers']}"
        etcd = run(
            stack, folder, assets / "etcd", "--data-dir", "etcd", "--unsafe-no-fsync",
            "--listen-client-urls", clients, "--advertise-client-urls", clients,
            "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
            "--initial-cluster", f"default={peers}",
        )  # fmt: skip
        (folder / "tokens.csv").write_text(f"{TOKEN},tests,tests,system:masters\n")
        key = ["openssl", "genrsa", "-out", "accounts.key", "2048"]
        subprocess.run(key, cwd=folder, check=True, capture_output=True)
        server = run(
            stack, folder, assets / "kube-apiserver", "--etcd-servers", clients,
            "--secure-port", str(ports["api"]),
            "--bind-address", "127.0.0.1", "--cert-dir", "certificates",
            "--service-account-issuer", "https://localhost",
            "--service-account-key-file", "accounts.key",
            "--service-account-signing-key-file", "accounts.key",
            "--token-auth-file", "tokens.csv", "--authorization-mode", "AlwaysAllow",
            "--allow-privileged", "--service-cluster-ip-range", "10.0.0.0/16",
            # Of what is off, the first needs a controller that makes accounts, the second one
            # that takes a mark off claims; labs use neither.
            "--disable-admission-plugins", "ServiceAccount,StorageObjectInUseProtection", *more,
        )  # fmt: skip
        api = ready(folder, ports["api"], {"etcd": etcd, "kube-apiserver": server})
        stack.callback(api.close)
        yield api


def run(stack: ExitStack, folder: Path, program: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start a program in a folder, where it logs, and stop it at the end."""
    log = stack.enter_context((folder / f"{program.name}.log").open("wb"))
    process = subprocess.Popen(
        [program, *options], stdout=log, stderr=subprocess.STDOUT, cwd=folder
    )
    stack.callback(stop, process)
    return process


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def ready(folder: Path, port: int, processes: Mapping[str, subprocess.Popen[bytes]]) -> Api:
    """Wait until the API server answers, and give a client of it."""
    certificate = folder / "certificates/apiserver.crt"
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        for program, process in processes.items():
            if process.poll() is not None:
                log = (folder / f"{program}.log").read_text(errors="replace")
                raise AssertionError(f"{program} has ended:\n{log[-2000:]}")
        with suppress(OSError, HTTPException):
            api = Api(port, certificate)
            if api.request("GET", "/readyz").is_fine:
                return api
            api.close()
        time.sleep(0.2)
    log = (folder / "kube-apiserver.log").read_text(errors="replace")
    raise AssertionError(f"the API server isn't ready within {START_SECONDS} s:\n{log[-2000:]}")


def write_kubeconfig(folder: Path, api: Api) -> Path:
    cluster = {"server": api.host, "certificate-authority": str(api.certificate)}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "tests", "cluster": cluster}],
        "users": [{"name": "tests", "user": {"token": TOKEN}}],
        "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "tests"}}],
        "current-context": "tests",
    }
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(json.dumps(content), encoding="utf-8")  # which is YAML
    kubeconfig.chmod(0o600)
    return kubeconfig


class Helpers:
    """What a scheduler and a controller manager would do, of which labs need little."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}}
        made = api.request("POST", path("Node"), node)
        assert made.is_fine, made.message
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.1):
            with suppress(OSError, HTTPException):
                self._bind_pods()
                self._bind_claims()
                self._set_quotas()
                self._end_namespaces()

    def _items(self, kind: str, **query: str) -> Any:
        return self._api.request("GET", path(kind), **query).body.get("items", [])

    def _set_status(self, kind: str, manifest: Manifest, **status: Any) -> None:
        at = path(kind, manifest["metadata"]["name"], manifest["metadata"]["namespace"])
        merge = "application/merge-patch+json"
        self._api.request("PATCH", f"{at}/status", {"status": status}, merge)

    def _bind_pods(self) -> None:
        for pod in self._items("Pod", fieldSelector="spec.nodeName="):
            metadata = pod["metadata"]
            binding = {
                "apiVersion": "v1",
                "kind": "Binding",
                "metadata": {"name": metadata["name"]},
                "target": {"apiVersion": "v1", "kind": "Node", "name": NODE},
            }
            at = path("Pod", metadata["name"], metadata["namespace"])
            self._api.request("POST", f"{at}/binding", binding)

    def _bind_claims(self) -> None:
        for claim in self._items("PersistentVolumeClaim"):
            if claim["status"]["phase"] == "Pending":
                self._set_status("PersistentVolumeClaim", claim, phase="Bound")

    def _set_quotas(self) -> None:
        for quota in self._items("ResourceQuota"):
            hard = quota["spec"]["hard"]
            if "hard" not in quota.get("status", {}):
                used = dict.fromkeys(hard, "0")
                self._set_status("ResourceQuota", quota, hard=hard, used=used)

    def _end_namespaces(self) -> None:
        for namespace in self._items("Namespace", fieldSelector="status.phase=Terminating"):
            name = namespace["metadata"]["name"]
            for kind in CONTENTS:
                self._api.request("DELETE", path(kind, "", name), gracePeriodSeconds="0")
            namespace["spec"]["finalizers"] = []
            self._api.request("PUT", f"{path('Namespace', name)}/finalize", namespace)


def assets() -> Path | None:
    """Find the folder that holds the programs, if one is named."""
    named = os.environ.get("KUBEBUILDER_ASSETS")
    return Path(named) if named else None
