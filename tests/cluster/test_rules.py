"""Rules compared with what they mirror: an API server, and its plugin for Pod Security.

kube-apiserver rejects each negative example of a rule that it enforces, in the words of the
snapshot. It accepts the negative examples of all other rules, and all positive ones.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
import test_pod_security as pod_security
import test_rules as examples
from syrupy.assertion import SnapshotAssertion

from cluster.control_plane import Answer, Api
from labbuilder.validation import rules, schemas
from labbuilder.validation.rules import RULES, Stop

Json = dict[str, Any]

STRICTER = {
    "empty-secret": "only applying it a second time is refused",
    "invalid-name-service": "a service may begin with a digit from 1.36 on only",
    "invalid-name-group": "the field is dropped where its feature isn't switched on",
    "invalid-value-responders": "likewise",
    "misplaced-field-group": "likewise",
    "missing-value-group": "likewise",
    "invalid-value-signal": "likewise",
    "misplaced-field-signal": "likewise",
}
"""Examples of rules of kube-apiserver that it accepts nevertheless, and why we don't."""

OTHERS = {
    "cluster-decides": "the plug-ins and allocators that refuse it are the API server's own",
    "priority-without-class": "likewise",
}
"""Examples of other rules that kube-apiserver rejects."""


def files(folder: str) -> list[str]:
    """List the examples that apply to the version of the API server."""
    names = {"negative": examples.NEGATIVE, "positive": examples.POSITIVE}[folder]
    return [
        name for name in names if schemas.NEWEST in examples.versions(examples.text(folder, name))
    ]


@pytest.fixture(scope="module")
def namespace(api: Api) -> str:
    return made(api, "examples")


def made(api: Api, name: str, **labels: str) -> str:
    metadata = {"name": name, "labels": labels}
    answer = api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    assert answer.is_fine, answer.message
    return name


def submit(api: Api, manifest: Json, namespace: str) -> Answer:
    """Apply an object in a dry run, or create it if the server generates its name."""
    manifest = copy.deepcopy(manifest)
    metadata = manifest["metadata"]
    if manifest["kind"] != "Namespace":
        given = metadata.setdefault("namespace", namespace)
        if given != namespace and schemas.check(manifest, schemas.NEWEST) == []:
            api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": given}})
    send = api.apply if metadata.get("name") else api.create
    return send(manifest, dry_run=True)


def refusals(api: Api, folder: str, case: str, namespace: str) -> list[str]:
    """Return the server's complaints, sorted."""
    found = []
    for manifest in examples.manifests(examples.text(folder, case)):
        answer = submit(api, manifest, namespace)
        if not answer.is_fine:
            details = answer.body.get("details", {})
            causes = [f"{each['field']}: {each['message']}" for each in details.get("causes", ())]
            said = sorted(causes) or [answer.message]
            generated = manifest["metadata"].get("generateName")
            if generated:
                said = [each.replace(details["name"], f"{generated}…") for each in said]
            found += said
    return found


@pytest.mark.parametrize("case", files("negative"))
def test_what_a_rule_refuses_the_one_that_it_names_refuses(
    api: Api, namespace: str, case: str, snapshot: SnapshotAssertion
) -> None:
    found = refusals(api, "negative", case, namespace)
    code = examples.about(case)
    claimed = RULES[code].stop is Stop.API_SERVER and case.removesuffix(".yaml") not in STRICTER
    assert bool(found) is (claimed or code in OTHERS), found
    if found:
        assert found == snapshot


def test_an_empty_secret_that_is_immutable_is_refused_the_second_time(
    api: Api, namespace: str
) -> None:
    (secret,) = examples.manifests(examples.text("negative", "empty-secret.yaml"))
    secret["metadata"]["namespace"] = namespace
    assert api.apply(secret).status == 201
    assert "field is immutable" in api.apply(secret).message


@pytest.mark.parametrize("case", files("positive"))
def test_where_nothing_is_wrong_the_api_server_finds_nothing(
    api: Api, namespace: str, case: str
) -> None:
    assert refusals(api, "positive", case, namespace) == []


@pytest.fixture(scope="module", params=["baseline", "restricted"])
def standard(request: pytest.FixtureRequest, api: Api) -> str:
    name = str(request.param)
    return made(api, name, **{"pod-security.kubernetes.io/enforce": name})


CHANGES: list[Json] = [
    *({path: value} for path, value, _ in pod_security.BASELINE_CASES),
    *(changes for changes, _ in pod_security.RESTRICTED_CASES),
    *pod_security.ALLOWED_CASES,
]
"""Changes to a pod that meets both standards."""


@pytest.mark.parametrize("changes", CHANGES, ids=" ".join)
def test_pod_security_is_what_a_namespace_enforces(api: Api, standard: str, changes: Json) -> None:
    lab = pod_security.manifests()
    pod_security.change(lab[-1], changes)
    if "spec.ephemeralContainers" in changes:
        pytest.skip("they can be added to a pod that runs only")
    codes = {each.rpartition(" ")[2] for each in pod_security.found(lab)}
    expected = "pod-security-baseline" in codes or (codes and standard == "restricted")
    pod = {**lab[-1], "metadata": {**lab[-1]["metadata"], "namespace": standard}}
    answer = api.apply(pod, dry_run=True)
    if "is invalid" in answer.message:  # which is reported first
        complaints = rules.check([*lab[:-1], pod])[-1]
        assert Stop.API_SERVER in {RULES[each.code].stop for each in complaints}
        return
    assert (f'violates PodSecurity "{standard}:latest"' in answer.message) is bool(expected)
