"""Checks of containers."""

from __future__ import annotations

from typing import Any

from labbuilder.errors import shown
from labbuilder.images import parse_image
from labbuilder.manifest import CONTAINER_LISTS, containers
from labbuilder.validation.rules.combinators import (
    DUPLICATE,
    INVALID_VALUE,
    MISPLACED,
    MISSING_VALUE,
    at_most,
    defaulted,
    must,
    needs,
    one_of,
    optional,
    repeated,
    required,
)
from labbuilder.validation.rules.fields.addresses import (
    INVALID_PORT,
    known_protocol,
    port_name,
    valid_port,
)
from labbuilder.validation.rules.fields.naming import dns_label
from labbuilder.validation.rules.rule import (
    Complaints,
    Object,
    Rule,
    Stop,
    before,
    check_fields,
    checks,
    since,
)

__all__ = ["pull_policy"]

INVALID_IMAGE = Rule(
    "invalid-image",
    "an image reference is not valid, so that the image can't be pulled",
    "ParseNormalizedNamed (InvalidImageName)",
    Stop.KUBELET,
    guarded=False,
)
_valid_image = must(
    INVALID_IMAGE, lambda text: parse_image(text) is not None, "a valid image reference",
    "use registry/repository:tag or registry/repository@sha256:<digest>",
)  # fmt: skip
pull_policy = defaulted("Always", "IfNotPresent", "Never")


def _image(text: str) -> Complaints:
    if text != text.strip():
        message = f"{shown(text)} starts or ends with white space"
        yield INVALID_VALUE.complaint(message, "remove the white space")
    else:
        yield from _valid_image(text)


@checks("Container", "EphemeralContainer")
def _container(value: Object) -> Complaints:
    if "image" not in value:
        yield MISSING_VALUE.complaint("is missing", "set image", ("image",))
    privileged = value.get("securityContext", {}).get("privileged")
    for i, mount in enumerate(value.get("volumeMounts", [])):
        if mount.get("mountPropagation") == "Bidirectional" and not privileged:
            message = "Bidirectional is only allowed in privileged containers"
            at = ("volumeMounts", i, "mountPropagation")
            yield INVALID_VALUE.complaint(message, "use HostToContainer", at)
    names = [port.get("name") for port in value.get("ports", [])]
    for i in repeated(names):
        if names[i]:
            at = ("ports", i, "name")
            message = "is the name of another port of the container"
            yield INVALID_PORT.complaint(message, "rename one of them", at)


@checks("PodSpec")
def _host_ports(spec: Object) -> Complaints:
    """Check that ports of the node differ for containers that run at the same time."""
    taken: set[tuple[Any, ...]] = set()
    for path, container in containers(spec):
        for i, port in enumerate(container.get("ports", ())):
            at = (*path, "ports", i, "hostPort")
            own, number = port["containerPort"], port.get("hostPort", 0)
            if path[0] == "containers" and spec.get("hostNetwork"):
                number = number or own
                if number != own:
                    message = f"must equal containerPort, {own}, because of hostNetwork"
                    yield INVALID_PORT.complaint(message, "remove it", at)
            place = (port.get("protocol") or "TCP", port.get("hostIP", ""), number)
            if number and place in taken:
                yield INVALID_PORT.complaint("is used by another port", "use another", at)
            if number:
                taken.add(place)
        if path[0] == "initContainers":  # which ends before the next one starts
            taken.clear()


@checks("PodSpec")
def _restarts(spec: Object) -> Complaints:
    for path, container in containers(spec):
        sidecar = path[0] == "containers" or container.get("restartPolicy") == "Always"
        at = (*path, "resizePolicy")
        policies = container.get("resizePolicy", ())
        for i in repeated([policy["resourceName"] for policy in policies]):
            yield DUPLICATE.complaint("is duplicated", "remove one of them", (*at, i))
        for i, policy in enumerate(policies):
            restarts = policy["restartPolicy"] == "RestartContainer"
            if restarts and (spec.get("restartPolicy") == "Never" or not sidecar):
                message = "must be NotRequired for a container that is never restarted"
                hint = "use NotRequired"
                yield INVALID_VALUE.complaint(message, hint, (*at, i, "restartPolicy"))
        if container.get("restartPolicyRules") and "restartPolicy" not in container:
            message = "is required by restartPolicyRules"
            yield MISSING_VALUE.complaint(message, "set restartPolicy", (*path, "restartPolicy"))


def _only_sidecars(spec: Object) -> Complaints:
    """Check that only init containers have a restart policy, which makes them sidecars."""
    for path, container in containers(spec, (), CONTAINER_LISTS):
        if "restartPolicy" not in container:
            continue
        at = (*path, "restartPolicy")
        if path[0] != "initContainers":
            message = "is only allowed for init containers"
            yield MISPLACED.complaint(message, "remove it", at)
        elif container["restartPolicy"] != "Always":
            yield INVALID_VALUE.complaint("must be Always", "use Always, or remove it", at)


_RESTARTS = one_of("Restart", "RestartAllContainers")

checks("ContainerRestartRule")(needs("exitCodes"))
check_fields(
    "Container",
    "EphemeralContainer",
    name=dns_label,
    image=required(_image),
    imagePullPolicy=pull_policy,
    restartPolicy=one_of("Always", "OnFailure", "Never"),
    restartPolicyRules=at_most(20, "rules"),
    terminationMessagePolicy=defaulted("File", "FallbackToLogsOnError"),
)
check_fields(
    "ContainerPort",
    containerPort=valid_port,
    hostPort=optional(valid_port),
    name=optional(port_name),
    protocol=known_protocol,
)
check_fields(
    "ContainerResizePolicy",
    resourceName=one_of("cpu", "memory"),
    restartPolicy=one_of("NotRequired", "RestartContainer"),
)
check_fields("ContainerRestartRule", action=since("1.36", _RESTARTS))
check_fields("ContainerRestartRule", action=before("1.36", one_of("Restart")))
checks("PodSpec")(before("1.34", _only_sidecars))
check_fields(
    "ContainerRestartRuleOnExitCodes",
    operator=one_of("In", "NotIn"),
    values=at_most(255, "exit codes"),
)
