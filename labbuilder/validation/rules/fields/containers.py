"""Rules about containers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from labbuilder.errors import shown
from labbuilder.images import parse_image
from labbuilder.validation.rules.combinators import (
    DUPLICATE,
    INVALID_VALUE,
    MISSING_VALUE,
    Object,
    at_most,
    both,
    defaulted,
    filled,
    must,
    needs,
    one_of,
    optional,
)
from labbuilder.validation.rules.fields.addresses import (
    INVALID_PORT,
    any_port,
    known_protocol,
    port_name,
)
from labbuilder.validation.rules.fields.naming import dns_label
from labbuilder.validation.rules.rule import Check, Complaint, Stop, rule

__all__ = ["FIELDS", "INVALID_IMAGE", "TYPES", "pull_policy"]

INVALID_IMAGE = rule(
    "invalid-image",
    "an image's name is none that can be pulled",
    "the runtime's reference parser (InvalidImageName)",
    Stop.KUBELET,
)
_image = must(
    INVALID_IMAGE, lambda text: parse_image(text) is not None, "a valid image reference",
    "use registry/repository:tag or registry/repository@sha256:<digest>",
)  # fmt: skip


def _reference(text: str) -> Iterator[Complaint]:
    if text != text.strip():
        message = f"{shown(text)} begins or ends with a space"
        yield Complaint(INVALID_VALUE, message, "leave it out")
    else:
        yield from _image(text)


pull_policy = defaulted("Always", "IfNotPresent", "Never")
_containers = ("Container", "EphemeralContainer")


def _container(value: Object) -> Iterator[Complaint]:
    if "image" not in value:
        yield Complaint(MISSING_VALUE, "is missing", "name an image", ("image",))
    privileged = value.get("securityContext", {}).get("privileged")
    for i, mount in enumerate(value.get("volumeMounts", [])):
        if mount.get("mountPropagation") == "Bidirectional" and not privileged:
            message = "Bidirectional is for privileged containers"
            at = ("volumeMounts", i, "mountPropagation")
            yield Complaint(INVALID_VALUE, message, "use HostToContainer", at)
    yield from _named_ports(value)


def _named_ports(value: Object) -> Iterator[Complaint]:
    seen = set()
    for i, port in enumerate(value.get("ports", [])):
        name = port.get("name")
        if name in seen:
            message = "another port of the container has it"
            yield Complaint(INVALID_PORT, message, "rename one", ("ports", i, "name"))
        if name:
            seen.add(name)


def _host_ports(spec: Object) -> Iterator[Complaint]:
    """Check the ports of the node: those of containers that run at once must differ."""
    taken: set[tuple[Any, ...]] = set()
    for kind in ("initContainers", "containers"):
        for i, container in enumerate(spec.get(kind, ())):
            for k, port in enumerate(container.get("ports", ())):
                at = (kind, i, "ports", k, "hostPort")
                own, number = port["containerPort"], port.get("hostPort", 0)
                if kind == "containers" and spec.get("hostNetwork"):
                    number = number or own
                    if number != own:
                        message = f"must be the container's, {own}, in the node's network"
                        yield Complaint(INVALID_PORT, message, "leave it out", at)
                place = (port.get("protocol") or "TCP", port.get("hostIP", ""), number)
                if number and place in taken:
                    yield Complaint(INVALID_PORT, "another port has it", "use another", at)
                if number:
                    taken.add(place)
            if kind == "initContainers":
                taken.clear()


def _restarts(spec: Object) -> Iterator[Complaint]:
    for kind in ("initContainers", "containers"):
        for i, container in enumerate(spec.get(kind, ())):
            at = (kind, i, "resizePolicy")
            sidecar = kind == "containers" or container.get("restartPolicy") == "Always"
            policies = container.get("resizePolicy", ())
            named = [policy["resourceName"] for policy in policies]
            for k, policy in enumerate(policies):
                if named[k] in named[:k]:
                    yield Complaint(DUPLICATE, "stands twice", "keep one", (*at, k))
                restarts = policy["restartPolicy"] == "RestartContainer"
                if restarts and (spec.get("restartPolicy") == "Never" or not sidecar):
                    message = "must be NotRequired where nothing is started again"
                    yield Complaint(INVALID_VALUE, message, "", (*at, k, "restartPolicy"))
            if container.get("restartPolicyRules") and "restartPolicy" not in container:
                message = "is missing, and there are restartPolicyRules"
                yield Complaint(MISSING_VALUE, message, "add it", (kind, i, "restartPolicy"))


FIELDS: dict[str, Check] = {
    **{
        f"{kind}.{field}": check
        for kind in _containers
        for field, check in {
            "name": dns_label,
            "image": both(filled, optional(_reference)),
            "imagePullPolicy": pull_policy,
            "restartPolicy": one_of("Always", "OnFailure", "Never"),
            "restartPolicyRules": at_most(20, "rules"),
            "terminationMessagePolicy": defaulted("File", "FallbackToLogsOnError"),
        }.items()
    },
    "ContainerPort.containerPort": any_port,
    "ContainerPort.hostPort": optional(any_port),
    "ContainerPort.name": optional(port_name),
    "ContainerPort.protocol": known_protocol,
    "ContainerResizePolicy.resourceName": one_of("cpu", "memory"),
    "ContainerResizePolicy.restartPolicy": one_of("NotRequired", "RestartContainer"),
    "ContainerRestartRule.action": one_of("Restart", "RestartAllContainers"),
    "ContainerRestartRuleOnExitCodes.operator": one_of("In", "NotIn"),
    "ContainerRestartRuleOnExitCodes.values": at_most(255, "exit codes"),
}
"""The checks by type and field."""

TYPES: dict[str, Check] = {
    "ContainerRestartRule": needs("exitCodes"),
    "Container": _container,
    "EphemeralContainer": _container,
    "PodSpec": both(_host_ports, _restarts),
}
"""The checks by type."""
