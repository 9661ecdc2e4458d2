#!/usr/bin/env python3
"""Make ``schemas/gates.json`` from Kubernetes' sources, deterministically.

Run ``python schemas/tools/make_gates.py`` after ``make_bundles.py``. It needs Go and its module
proxy, from which it gets ``k8s.io/api`` and ``k8s.io/kubernetes`` of each bundle's version.

The file says for each version which fields a kube-apiserver drops without a word, because the
feature gate that the field needs is off by default: ``{"versions": {"1.37": {"Type.field":
"Gate"}}, "sources": {...}}``. Most fields carry their gate as a mark (``+featureGate=``) in the
types; the others are in `UNMARKED`, with the function that drops them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

TYPES = ("core/v1/types.go", "networking/v1/types.go")
FEATURES = ("pkg/features/kube_features.go", "pkg/features/versioned_kube_features.go")

UNMARKED = {
    "EphemeralContainer.restartPolicy": "ContainerRestartRules",  # dropContainerRestartRules
    "Container.restartPolicy": "ContainerRestartRules",  # likewise
    "Lifecycle.stopSignal": "ContainerStopSignals",  # dropContainerStopSignals
    "PodSpec.hostUsers": "UserNamespacesSupport",  # dropDisabledFields
    "SecurityContext.procMount": "ProcMountType",  # dropDisabledProcMountField
    "VolumeProjection.podCertificate": "PodCertificateRequest",  # dropDisabledPodCertificate…
}
"""Gates of fields whose types don't say them, or say them wrongly (``pkg/api/pod/util.go``)."""

INLINE = {"EphemeralContainerCommon": "EphemeralContainer", "VolumeSource": "Volume"}
"""Types whose fields are those of another one in the schemas."""

_TYPE = re.compile(r"type (\w+) struct")
_GATE = re.compile(r"\s*// ?\+featureGate=(\w+)")
_FIELD = re.compile(r'\s*\w+\s.*`json:"(\w+),?')
_SPECS = re.compile(r"^\t(?:\w+\.)?(\w+): \{\n(.*?)^\t\},?$", re.DOTALL | re.MULTILINE)
_SPEC = re.compile(r'version\.MustParse\("1\.(\d+)"\), Default: (true|false)')
_PLAIN = re.compile(r"^\t(?:\w+\.)?(\w+):\s*\{Default: (true|false)", re.MULTILINE)


def module(name: str) -> Path:
    """Return the folder of a Go module, which is downloaded first.

    Parameters
    ----------
    name
        The module with its version, such as ``k8s.io/api@v0.37.0``.

    Returns
    -------
    Path
        The folder.
    """
    run = ["go", "mod", "download", "-json", name]
    found = subprocess.run(run, check=True, capture_output=True, cwd="/").stdout  # noqa: S603 (the names are ours)
    return Path(json.loads(found)["Dir"])


def marks(text: str) -> Iterator[tuple[str, str]]:
    """Yield the fields of Go types that are marked with a gate.

    Parameters
    ----------
    text
        Go source.

    Yields
    ------
    tuple of str
        ``Type.field`` and the gate. If a field has several, it needs all, and each is yielded.
    """
    name, gates = "", list[str]()
    for line in text.splitlines():
        if found := _TYPE.match(line):
            name, gates = found[1], []
        elif found := _GATE.match(line):
            gates.append(found[1])
        elif found := _FIELD.match(line):
            yield from ((f"{INLINE.get(name, name)}.{found[1]}", gate) for gate in gates)
            gates = []
        elif line.strip() and not line.strip().startswith("//"):
            gates = []


def defaults(text: str, minor: int) -> dict[str, bool]:
    """Return whether each gate is on by default.

    Parameters
    ----------
    text
        The Go source that declares gates.
    minor
        The version, as its number after ``1.``.

    Returns
    -------
    dict
        By gate.
    """
    found = {name: value == "true" for name, value in _PLAIN.findall(text)}
    for name, specs in _SPECS.findall(text):
        for since, value in _SPEC.findall(specs):
            if int(since) <= minor:
                found[name] = value == "true"
    return found


def read(folder: Path, names: tuple[str, ...]) -> dict[str, str]:
    """Read those of some files that exist.

    Parameters
    ----------
    folder
        Their folder.
    names
        Their names below it.

    Returns
    -------
    dict
        Their texts by name.
    """
    return {name: (folder / name).read_text() for name in names if (folder / name).exists()}


def make(versions: list[str]) -> dict[str, object]:
    """Make the content of the file.

    Parameters
    ----------
    versions
        Kubernetes versions such as ``1.37``.

    Returns
    -------
    dict
        What is off by default, by version, and the hashes of the sources.
    """
    gates: dict[str, dict[str, str]] = {}
    sources = {}
    for version in versions:
        minor = int(version.partition(".")[2])
        types = read(module(f"k8s.io/api@v0.{minor}.0"), TYPES)
        features = read(module(f"k8s.io/kubernetes@v1.{minor}.0"), FEATURES)
        text = "".join(types.values())
        known = defaults("".join(features.values()), minor)
        fields = [*marks(text), *((field, UNMARKED[field]) for field in UNMARKED)]
        own = dict(fields) | UNMARKED
        gates[version] = {
            field: gate for field, gate in sorted(own.items()) if known.get(gate) is False
        }
        for name, content in {**types, **features}.items():
            sources[f"{version}/{name}"] = hashlib.sha256(content.encode()).hexdigest()
    return {"sources": sources, "versions": gates}


def main() -> None:
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    here = Path(__file__).resolve().parents[1]
    parser.add_argument("folder", nargs="?", type=Path, default=here, help="default: schemas/")
    folder = parser.parse_args().folder
    minors = sorted(int(path.stem.partition(".")[2]) for path in here.glob("v1.*.json"))
    content = make([f"1.{minor}" for minor in minors])
    text = json.dumps(content, indent=1, sort_keys=True) + "\n"
    (folder / "gates.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
