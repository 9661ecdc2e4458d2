"""Checks of the pods that services and network policies select."""

from __future__ import annotations

from collections.abc import Mapping

from labbuilder.errors import Severity, shown
from labbuilder.manifest import labels_of
from labbuilder.names import CATEGORY_LABEL
from labbuilder.validation.rules.lab.surroundings import Surroundings, running_containers
from labbuilder.validation.rules.rule import Complaints, Object, Rule, Stop

__all__ = ["matches", "network_policy", "service"]

SELECTS_NOTHING = Rule(
    "selects-nothing",
    "a service or network policy selects no pod of its namespace",
    "the endpoints controller",
    Stop.NOBODY,
    guarded=False,
    about_absence=True,
)
UNSERVED_PORT = Rule(
    "unserved-port",
    "a service sends to a named port, or a port of a lab, that no container of its pods has",
    "FindPort",
    Stop.NOBODY,
    guarded=False,
    about_absence=True,
)
UNDECLARED_PORT = Rule(
    "undeclared-port",
    "a service sends to a port that its pods don't declare",
    "nothing: a container may listen on it all the same",
    Stop.NOBODY,
    Severity.WARNING,
    guarded=False,
    about_absence=True,
)
_NO_POD = "selects no pod of the namespace"
_LABEL_HINT = "use labels that the pod has"


def service(service: Object, surroundings: Surroundings) -> Complaints:
    """Check that a service selects pods, and ports that they have."""
    selector = service.get("spec", {}).get("selector")
    pods = surroundings.pods()
    if not selector or not pods:
        return
    selected = [pod for pod in pods if selector.items() <= labels_of(pod).items()]
    if not selected:
        yield SELECTS_NOTHING.complaint(_NO_POD, _LABEL_HINT, ("spec", "selector"))
        return
    ports = [
        port
        for pod in selected
        for container in running_containers(pod.get("spec", {}))
        for port in container.get("ports", ())
    ]
    is_lab = any(labels_of(pod).get(CATEGORY_LABEL) == "lab" for pod in selected)
    for i, port in enumerate(service["spec"].get("ports", ())):
        target = port.get("targetPort") or port["port"]
        named = isinstance(target, str)
        wanted = target, port.get("protocol") or "TCP"
        field = "name" if named else "containerPort"
        if (ports or named) and wanted not in (
            (each.get(field), each.get("protocol") or "TCP") for each in ports
        ):
            rule = UNSERVED_PORT if named or is_lab else UNDECLARED_PORT
            message = f"no container of the selected pods has port {shown(target)} ({wanted[1]})"
            hint = "use a port that a container declares"
            yield rule.complaint(message, hint, ("spec", "ports", i, "targetPort"))


def network_policy(policy: Object, surroundings: Surroundings) -> Complaints:
    """Check that a network policy selects a pod."""
    pods = surroundings.pods()
    selector = policy.get("spec", {}).get("podSelector", {})
    if pods and not any(matches(selector, labels_of(pod)) for pod in pods):
        yield SELECTS_NOTHING.complaint(_NO_POD, _LABEL_HINT, ("spec", "podSelector"))


def matches(selector: Object, labels: Mapping[str, str]) -> bool:
    """Return whether a LabelSelector selects labels, as ``LabelSelectorAsSelector`` does.

    An empty selector selects everything.
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
