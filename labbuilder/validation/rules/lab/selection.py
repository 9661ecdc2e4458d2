"""Checks of the pods that services and network policies select."""

from __future__ import annotations

from labbuilder.errors import Severity, shown
from labbuilder.validation.rules.lab.surroundings import Surroundings
from labbuilder.validation.rules.rule import Complaints, Object, Rule, Stop

__all__ = ["network_policy", "service"]

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
    selected = pods.select({"matchLabels": selector})
    if not selected:
        yield SELECTS_NOTHING.complaint(_NO_POD, _LABEL_HINT, ("spec", "selector"))
        return
    have_ports = not selected.isdisjoint(pods.with_ports)
    is_lab = not selected.isdisjoint(pods.labs)
    for i, port in enumerate(service["spec"].get("ports", ())):
        target, protocol = port.get("targetPort") or port["port"], port.get("protocol") or "TCP"
        named = isinstance(target, str)
        if (have_ports or named) and selected.isdisjoint(pods.by_port.get((target, protocol), ())):
            rule = UNSERVED_PORT if named or is_lab else UNDECLARED_PORT
            message = f"no container of the selected pods has port {shown(target)} ({protocol})"
            hint = "use a port that a container declares"
            yield rule.complaint(message, hint, ("spec", "ports", i, "targetPort"))


def network_policy(policy: Object, surroundings: Surroundings) -> Complaints:
    """Check that a network policy selects a pod."""
    pods = surroundings.pods()
    if pods and not pods.select(policy.get("spec", {}).get("podSelector", {})):
        yield SELECTS_NOTHING.complaint(_NO_POD, _LABEL_HINT, ("spec", "podSelector"))
