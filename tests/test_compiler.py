from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from labs import ARGUMENTS, arguments, lab

from labbuilder import LabBuilderError, LabCompiler, compile_lab
from labbuilder.lab.arguments import read_inputs
from labbuilder.validation import rules


def codes(error: LabBuilderError) -> set[tuple[str, str]]:
    return {(str(finding.path[0]), finding.code) for finding in error.findings if finding.path}


def test_a_compiler_is_made_once_and_compiles_many_labs() -> None:
    given = arguments()
    compiler = LabCompiler(given.pop("config"))
    assert compiler.compile(**given).manifests() == lab().manifests()
    other = compiler.compile(**{**given, "user": {"username": "nina", "uid": 7, "gid": 7}})
    assert other.pod["metadata"]["name"] == "nina-nb"
    assert other.namespace["metadata"]["name"] == "labs-nina"


def test_arguments_may_be_models_mappings_or_foreign_objects() -> None:
    given = arguments()
    inputs, findings = read_inputs(None, **{k: v for k, v in given.items() if k != "config"})
    assert inputs
    assert not findings
    user = SimpleNamespace(
        **{
            **given["user"],
            "groups": [SimpleNamespace(**group) for group in given["user"]["groups"]],
            "quota": None,
            "email": None,
        }
    )
    compiler = LabCompiler({"lab": given["config"], "logLevel": "DEBUG"})
    foreign = {**given, "user": user, "config": compiler.config}
    models = {
        "config": compiler.config,
        "site": inputs.site,
        "user": inputs.user,
        "lab": inputs.lab,
        "image": inputs.image,
        "secrets": inputs.secrets,
    }
    for each in (foreign, models):
        assert compile_lab(**each).manifests() == lab().manifests()


def test_complaints_of_all_arguments_come_at_once() -> None:
    with pytest.raises(LabBuilderError) as caught:
        compile_lab(
            config={"namespacePrefix": "Labs"},
            site={},
            user={"username": "Vera"},
            lab={},
            image="notebook",
            secrets={},
            pull_secret={},
            kubernetes_version="1.2",
            templates={"pod.yaml": "{% if %}"},
        )
    assert {where for where, _ in codes(caught.value)} == {
        "config",
        "site",
        "user",
        "lab",
        "image",
        "secrets",
        "pull_secret",
    }
    found = {finding.code for finding in caught.value.findings}
    assert {"unknown-kubernetes-version", "template-error"} <= found


def test_complaints_across_arguments_name_the_argument_to_change() -> None:
    secret = {"secretName": "s", "secretKey": "k", "env": "K"}
    with pytest.raises(LabBuilderError) as caught:
        lab(
            config={"namespacePrefix": "l" * 40, "secrets": [secret]},
            user={"username": "v" * 30},
            lab={"options": {"size": "huge"}},
        )
    assert codes(caught.value) == {
        ("user", "name-too-long"),
        ("lab", "unknown-size"),
        ("secrets", "missing-secret"),
    }


@pytest.mark.parametrize(
    ("toleration", "accepted"),
    [
        ({"tolerationSeconds": 5, "effect": "NoSchedule"}, True),
        ({"tolerationSeconds": 0}, True),
        ({"tolerationSeconds": 5, "effect": "NoExecute"}, False),
        ({"effect": "NoSchedule"}, False),
    ],
)
def test_toleration_seconds_are_for_no_execute(toleration: dict[str, Any], accepted: bool) -> None:  # noqa: FBT001
    """But sites have them elsewhere, and may accept them until somebody looks."""
    given = arguments(config={"tolerations": [{"operator": "Exists", **toleration}]})
    found = compile_lab(**given, accept=["invalid-toleration"]).warnings
    at = ("config", "tolerations", 0, "tolerationSeconds")
    assert [each.cause for each in found if each.code == "invalid-toleration"] == [at] * accepted
    if accepted:
        with pytest.raises(LabBuilderError, match="invalid-toleration"):
            compile_lab(**given)


def test_warnings_come_with_the_lab() -> None:
    def warnings(**changes: Any) -> list[tuple[str, tuple[str | int, ...]]]:
        return [(each.code, each.cause) for each in lab(**changes).warnings]

    mine = {"source": {"type": "emptyDir"}, "name": "home"}
    assert warnings(config={"volumes": [mine]}) == []
    assert warnings(config={"volumes": [mine], "pullSecret": "p"}) == [
        ("missing-pull-secret", ("config", "pullSecret"))
    ]
    pull_secret = {"data": {".dockerconfigjson": "eyJhdXRocyI6eyJyIjp7fX19"}}
    assert warnings(config={"volumes": [mine]}, pull_secret=pull_secret) == [
        ("unused-pull-secret", ())
    ]


def test_a_pull_secret_is_made_if_given_and_named_if_configured() -> None:
    data = {".dockerconfigjson": "eyJhdXRocyI6eyJyIjp7fX19"}
    objects = lab(pull_secret=SimpleNamespace(data=data, type="kubernetes.io/dockerconfigjson"))
    secret = objects.secrets[1]
    assert secret["metadata"]["name"] == "pull-secret"
    assert (secret["data"], secret["type"]) == (data, "kubernetes.io/dockerconfigjson")
    assert "imagePullSecrets" not in objects.pod["spec"]


def test_a_manifest_that_kubernetes_refuses_never_comes_out() -> None:
    broken = '{% extends "labbuilder/service.yaml" %}'
    assert lab(templates={"service.yaml": broken}).service == lab().service
    with pytest.raises(LabBuilderError, match="Service/lab"):
        lab(
            templates={
                "service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: lab}\n"
                "spec: {port: 8888}\n"
            }
        )


def test_a_fragment_that_makes_no_object_is_refused() -> None:
    for text in ("just text", "- a", "", "{{ uid }}", "kind: Unheard\napiVersion: v1\n"):
        with pytest.raises(LabBuilderError):
            lab(templates={"service.yaml": text})


def test_a_folder_of_fragments_that_cannot_be_read_is_a_complaint(tmp_path: Path) -> None:
    with pytest.raises(LabBuilderError, match="can't be read"):
        lab(templates=tmp_path / "absent")
    (tmp_path / "pod.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(LabBuilderError, match="can't be read"):
        lab(templates=str(tmp_path))


def test_an_empty_name_of_the_folder_of_fragments_is_refused() -> None:
    with pytest.raises(LabBuilderError) as caught:
        lab(templates="")
    assert [each.code for each in caught.value.findings] == ["unreadable-templates"]


@pytest.mark.parametrize("templates", [{}, {"unused.yaml": ""}])
def test_only_a_site_without_templates_has_labbuilders_own_fragments(
    templates: dict[str, str], tmp_path: Path
) -> None:
    for each in (templates, tmp_path):
        given = arguments()
        compiler = LabCompiler(given.pop("config"), templates=each)
        with patch.object(rules, "check", wraps=rules.check) as check:
            for _ in range(2):
                compiler.compile(**given)
        assert check.call_count == 2


def test_a_site_extends_our_pod_with_its_own_block(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(
        '{% extends "labbuilder/pod.yaml" %}\n'
        "{% block spec %}\n"
        "  priorityClassName: {{ names.username }}\n"
        "{{ super() }}\n"
        "{% endblock %}\n"
    )
    expected = lab().pod
    found = lab(templates=tmp_path).pod
    assert found["spec"].pop("priorityClassName") == "vera"
    assert found == expected


def test_repr_shows_no_secret() -> None:
    token = ARGUMENTS["secrets"]["token"]
    objects = lab(pull_secret={"data": {"k": token}, "type": "Opaque"})
    assert token not in repr(objects)
    assert any(token in str(manifest) for manifest in objects.manifests())


def test_a_pull_secret_that_the_configuration_does_not_name_is_warned_of() -> None:
    objects = lab(pull_secret={"data": {".dockerconfigjson": "eyJhdXRocyI6eyJyIjp7fX19"}})
    assert "unused-pull-secret" in [finding.code for finding in objects.warnings]


@pytest.mark.parametrize(
    "fragment",
    [
        "{{ fragment(data.token) }}",
        "{{ data.token }}: 1",
        "metadata: {name: {{ data.token }}, labels: 1}\napiVersion: v1\nkind: Secret",
        "apiVersion: {{ data.token }}\nkind: Secret",
    ],
)
def test_no_complaint_about_a_fragment_shows_a_secret(fragment: str) -> None:
    with pytest.raises(LabBuilderError) as caught:
        lab(templates={"secret.yaml": fragment})
    assert ARGUMENTS["secrets"]["token"] not in repr(caught.value.findings)


def test_what_a_sites_own_fragments_choose_is_a_warning() -> None:
    open_policy = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{ fragment("metadata", name=names.network_policy) }}
spec:
  podSelector: {}
  ingress:
  - {}
"""
    pod = """\
{% extends "labbuilder/pod.yaml" %}
{% block spec %}
  hostNetwork: true
{{ super() }}
{% endblock %}
"""
    objects = lab(templates={"network-policy.yaml": open_policy, "pod.yaml": pod})
    found = {each.code for each in objects.warnings}
    assert {"notebook-exposed", "pod-security-baseline"} <= found
