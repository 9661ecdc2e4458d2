"""Rules about the pods that services and network policies select."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labbuilder.errors import Path, Severity, shown
from labbuilder.manifest import labels_of
from labbuilder.names import CATEGORY_LABEL
from labbuilder.validation.rules.lab.surroundings import (
    Manifest,
    Surroundings,
    containers,
)
from labbuilder.validation.rules.rule import Complaint, Stop, rule

__all__ = ["matches", "network_policy", "service"]

SELECTS_NOTHING = rule(
    "selects-nothing",
    "a service or network policy selects none of the pods beside it",
    "the endpoints controller",
    Stop.NOBODY,
    about_absence=True,
)
UNSERVED_PORT = rule(
    "unserved-port",
    "a service sends to a port that no container of its pods has: by its name, or a lab's",
    "FindPort",
    Stop.NOBODY,
    about_absence=True,
)
UNDECLARED_PORT = rule(
    "undeclared-port",
    "a service sends to a number that isn't among the ports that its pods declare",
    "nothing: a container may listen all the same",
    Stop.NOBODY,
    Severity.WARNING,
    about_absence=True,
)


def service(service: Manifest, beside: Surroundings) -> Iterator[tuple[Path, Complaint]]:
    """Judge which pods, and which of their ports, a service sends to."""
    selector = service.get("spec", {}).get("selector")
    pods = beside.pods()
    if not selector or not pods:
        return
    chosen = [pod for pod in pods if selector.items() <= labels_of(pod).items()]
    if not chosen:
        message = "selects no pod of the namespace"
        hint = "use labels that the pod has"
        yield ("spec", "selector"), Complaint(SELECTS_NOTHING, message, hint)
        return
    ports = [port for pod in chosen for port in _ports(pod)]
    for i, port in enumerate(service["spec"].get("ports", ())):
        target = port.get("targetPort") or port["port"]
        named = isinstance(target, str)
        sure = named or any(labels_of(pod).get(CATEGORY_LABEL) == "lab" for pod in chosen)
        wanted = target, port.get("protocol") or "TCP"
        field = "name" if named else "containerPort"
        if (ports or named) and wanted not in (
            (each.get(field), each.get("protocol") or "TCP") for each in ports
        ):
            message = f"no container of its pods has port {shown(target)} ({wanted[1]})"
            complaint = Complaint(
                UNSERVED_PORT if sure else UNDECLARED_PORT,
                message,
                "use a port that a container names",
            )
            yield ("spec", "ports", i, "targetPort"), complaint


def _ports(pod: Manifest) -> Iterator[Manifest]:
    """Give the ports of the containers that run as long as the pod."""
    for path, container in containers(pod):
        if path[1] == "containers" or container.get("restartPolicy") == "Always":
            yield from container.get("ports", ())


def network_policy(policy: Manifest, beside: Surroundings) -> Iterator[tuple[Path, Complaint]]:
    """Judge whether a network policy is about any pod."""
    pods = beside.pods()
    selector = policy.get("spec", {}).get("podSelector", {})
    if pods and not any(matches(selector, labels_of(pod)) for pod in pods):
        message = "selects no pod of the namespace"
        hint = "use labels that the pod has"
        yield ("spec", "podSelector"), Complaint(SELECTS_NOTHING, message, hint)


def matches(selector: Manifest, labels: Mapping[str, str]) -> bool:
    """Evaluate a label selector as ``LabelSelectorAsSelector`` does.

    Parameters
    ----------
    selector
        A LabelSelector; an empty one selects everything.
    labels
        What it is held against.

    Returns
    -------
    bool
        Whether it selects.
    """
    if not selector.get("matchLabels", {}).items() <= labels.items():
        return False
    for each in selector.get("matchExpressions", ()):
        value, values = labels.get(each["key"]), each.get("values", ())
        holds = {
            "In": value in values,
            "NotIn": value not in values,
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }
        if not holds.get(each["operator"], False):
            return False
    return True
