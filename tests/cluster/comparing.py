"""Compares what the rules find in objects with one odd change with what an API server does."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import test_rules as examples
from test_rules_mutations import RICH

from cluster.control_plane import APPLY, Api, options, path
from cluster.mutating import Mutator, by_field
from labbuilder.validation.judge import judge
from labbuilder.validation.rules import RULES, Stop, Target

__all__ = ["Verdict", "compare", "missed", "table", "unexplained"]

Json = dict[str, Any]
Table = dict[str, dict[str, int]]

NAMESPACE = "labs-vera"
ACCOUNT: Json = {
    "apiVersion": "v1",
    "kind": "ServiceAccount",
    "metadata": {"name": "lab", "namespace": NAMESPACE},
    "imagePullSecrets": [{"name": "pull-secret"}],
    "automountServiceAccountToken": False,
}
LIMITS: Json = {
    "apiVersion": "v1",
    "kind": "LimitRange",
    "metadata": {"name": "lab", "namespace": NAMESPACE},
    "spec": {
        "limits": [
            {
                "type": "Container",
                "max": {"cpu": "16", "memory": "64Gi"},
                "default": {"cpu": "1", "memory": "1Gi"},
                "defaultRequest": {"cpu": "100m", "memory": "64Mi"},
            },
            {"type": "PersistentVolumeClaim", "max": {"storage": "1Ti"}},
        ]
    },
}
OBJECTS = {**RICH, "ServiceAccount/lab": ACCOUNT, "LimitRange/lab": LIMITS}
KINDS = {manifest["kind"] for manifest in OBJECTS.values()}
USUAL_VALUES = by_field(
    [
        *OBJECTS.values(),
        *(
            manifest
            for folder, names in (("negative", examples.NEGATIVE), ("positive", examples.POSITIVE))
            for name in names
            for manifest in examples.manifests(examples.text(folder, name))
        ),
    ]
)

OF_THE_CLUSTER = re.compile(
    r'^namespaces ".*" not found$'
    r"|uid mismatch: .*no existing object was found"
    r"|metadata\.deletionGracePeriodSeconds: .*field is immutable"
    # The plug-in that sets an account's name is off here.
    r'|^Pod "[^"]*" is invalid: spec\.volumes\[\d+\]\.projected\.sources\[\d+\]\.'
    r"serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set$"
)
"""Refusals because of what a cluster contains, which a manifest doesn't show."""

STRICTER = {
    "schema": "null, and numbers out of range, which the server drops or cuts off",
    "cluster-decides": "the next cluster refuses it",
    "empty-secret": "applying it a second time is refused",
    "invalid-env-name": "refused by servers until 1.31",
    "invalid-finalizer": "of a namespace's spec, which the server writes anew",
    "invalid-id": "of a field that is dropped where its feature is off",
    "invalid-name": "of a namespace's namespace, and of services, refused until 1.35",
    "invalid-quantity": "a dot alone, which the server takes for nothing",
    "invalid-value": "of a field that is dropped where its feature is off, or of a generation",
    "misplaced-field": "likewise",
    "missing-value": "of a claim's source without a group, which the server drops without a word",
    "server-field": "the server writes it anew, or refuses it the second time",
}
"""Why rules that an API server enforces refuse what it accepts."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules and the server say about one change.

    Attributes
    ----------
    change
        What was done.
    codes
        What is wrong by our rules; ``schema`` for all that the schemas find.
    refusal
        What the server says if it refuses.
    """

    change: str
    codes: frozenset[str]
    refusal: str

    @property
    def ours(self) -> str:
        """Return the component that rejects it first, by the rules."""
        if "schema" in self.codes:
            return Stop.API_SERVER
        stops = {RULES[code].stop for code in self.codes}
        return next((stop for stop in Stop if stop in stops), "passes")

    @property
    def theirs(self) -> str:
        """Return what the server did; the last is about its contents, not the manifest."""
        if OF_THE_CLUSTER.search(self.refusal):
            return "not there"
        return "refused" if self.refusal else "accepted"


def judged(manifests: list[Json], target: Target) -> frozenset[str]:
    codes = {finding.code for _, finding in judge(manifests, target)}
    return frozenset(codes) if codes <= RULES.keys() else frozenset({"schema"})


def refused(api: Api, manifest: Json) -> str:
    """Apply an object, or create what has no name, in a dry run."""
    metadata = manifest.get("metadata")
    given = metadata if isinstance(metadata, dict) else {}
    name, namespace = (str(given.get(key) or "") for key in ("name", "namespace"))
    kind = manifest.get("kind")
    at = "/apis/nothing"
    if isinstance(kind, str) and kind in KINDS:
        at = path(str(kind), name, "" if kind == "Namespace" else namespace or NAMESPACE)
        group = quote(str(manifest.get("apiVersion")))
        at = at.replace("/api/v1", f"/api/{group}").replace("/networking.k8s.io/v1", f"/{group}")
    text = json.dumps(manifest)
    if given.get("generateName") and not name:
        return api.request("POST", at, text, **options(dry_run=True)).message
    return api.request("PATCH", at, text, APPLY, force="true", **options(dry_run=True)).message


def compare(api: Api, target: Target, seed: int, count: int) -> list[Verdict]:
    """Make changes, each of which the rules judge for a target and an API server like it."""
    assert api.apply(RICH[f"Namespace/{NAMESPACE}"]).is_fine
    waived = judged([*OBJECTS.values()], target)
    assert waived == {"pod-security-waiver"}
    assert [refused(api, manifest) for manifest in OBJECTS.values()] == len(OBJECTS) * [""]
    mutator, found = Mutator(seed, target.version, USUAL_VALUES), []
    for _ in range(count):
        name, change, changed = mutator.mutate(OBJECTS)
        codes = judged([*{**OBJECTS, name: changed}.values()], target) - waived
        found.append(Verdict(f"{name}: {change}", codes, refused(api, changed)))
    return found


def missed(verdicts: list[Verdict]) -> list[Verdict]:
    """Return what the server refuses, and the rules don't."""
    ours = {Stop.API_SERVER, Stop.ADMISSION}
    return [each for each in verdicts if each.theirs == "refused" and each.ours not in ours]


def unexplained(verdicts: list[Verdict]) -> list[Verdict]:
    """Return what the rules refuse in the server's name, and it accepts, for no known reason."""
    servers = {"schema", *(code for code in RULES if RULES[code].stop is Stop.API_SERVER)}
    stricter = [each for each in verdicts if each.theirs == "accepted"]
    return [each for each in stricter if each.codes & servers - STRICTER.keys()]


def table(verdicts: list[Verdict]) -> Table:
    """Count the verdicts: by who refuses a change as we say, then by what the server did."""
    counts = Counter((each.ours, each.theirs) for each in verdicts)
    return {
        str(who): {what: counts[who, what] for what in ("accepted", "refused", "not there")}
        for who in ["passes", *Stop]
    }
