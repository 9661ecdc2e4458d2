"""Rules about probes, and what containers do when they start and end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from labbuilder.errors import shown
from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    MISPLACED,
    Object,
    at_least,
    both,
    defaulted,
    exactly_one,
    misplaced,
    must,
    needs,
    one_of,
    seconds,
)
from labbuilder.validation.rules.fields.addresses import any_port
from labbuilder.validation.rules.rule import Check, Complaint, rule

__all__ = ["FIELDS", "INVALID_PROBE", "TYPES"]

INVALID_PROBE = rule(
    "invalid-probe",
    "a probe's numbers don't fit what the probe is for",
    "validateLivenessProbe, validateReadinessProbe, validateStartupProbe",
)

_HEADER = re.compile("[-A-Za-z0-9]+")
_ONLY_WHILE_RUNNING = ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")
_GRACE = 30  # seconds, as SetDefaults_PodSpec has it


def _once(value: Object) -> Iterator[Complaint]:
    """Check a probe that one success must be enough for."""
    if value.get("successThreshold", 1) not in {0, 1}:
        message = "must be 1, except in a readinessProbe"
        yield Complaint(INVALID_PROBE, message, "leave it out", ("successThreshold",))


def _readiness(value: Object) -> Iterator[Complaint]:
    if "terminationGracePeriodSeconds" in value:
        message = "a readinessProbe ends no container"
        yield Complaint(INVALID_PROBE, message, "leave it out", ("terminationGracePeriodSeconds",))


def _http_get(value: Object) -> Iterator[Complaint]:
    if value.get("protocol") == "HTTP2":
        if (value.get("scheme") or "HTTP") != "HTTP":
            message = "HTTP2 goes with scheme HTTP only"
            yield Complaint(INVALID_VALUE, message, "leave it out", ("protocol",))
        yield from misplaced(value, ("host",), "HTTP2 takes no host")


def _init_containers(spec: Object) -> Iterator[Complaint]:
    """Check init containers, of which only those that go on running can be asked how they are."""
    for i, container in enumerate(spec.get("initContainers", ())):
        if container.get("restartPolicy") != "Always":
            for field in _ONLY_WHILE_RUNNING:
                if field in container:
                    message = "an init container has none, unless its restartPolicy is Always"
                    at = ("initContainers", i, field)
                    yield Complaint(MISPLACED, message, "leave it out", at)


def _lifecycles(spec: Object) -> Iterator[Complaint]:
    grace = spec.get("terminationGracePeriodSeconds", _GRACE)
    for kind in ("initContainers", "containers"):
        for i, container in enumerate(spec.get(kind, ())):
            lifecycle = container.get("lifecycle", {})
            for field in ("postStart", "preStop"):
                pause = lifecycle.get(field, {}).get("sleep", {}).get("seconds", 0)
                if not 0 <= pause <= grace:
                    message = f"{pause} is not from 0 to terminationGracePeriodSeconds, {grace}"
                    at = (kind, i, "lifecycle", field, "sleep", "seconds")
                    yield Complaint(INVALID_VALUE, message, "use less", at)
            yield from _stop_signal(spec, lifecycle, (kind, i, "lifecycle", "stopSignal"))


def _stop_signal(
    spec: Object, lifecycle: Object, at: tuple[str | int, ...]
) -> Iterator[Complaint]:
    signal = lifecycle.get("stopSignal")
    system = spec.get("os", {}).get("name")
    if signal is not None and not system:
        message = "goes with the name of an operating system only"
        yield Complaint(MISPLACED, message, "set os.name to linux", at)
    elif signal is not None and signal not in _SIGNALS.get(system, (signal,)):
        yield Complaint(INVALID_VALUE, f"{shown(signal)} is no signal", "write SIGTERM", at)


_NAMES = (
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL",
    "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP",
    "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
)  # fmt: skip
_SIGNALS = {
    "linux": {
        *(f"SIG{name}" for name in _NAMES),
        *(f"SIGRTMIN+{number}" for number in range(1, 16)),
        *(f"SIGRTMAX-{number}" for number in range(1, 15)),
    },
    "windows": {"SIGKILL", "SIGTERM"},
}

FIELDS: dict[str, Check] = {
    "Container.livenessProbe": _once,
    "Container.readinessProbe": _readiness,
    "Container.startupProbe": _once,
    "HTTPGetAction.port": any_port,
    "HTTPGetAction.protocol": one_of("HTTP1", "HTTP2"),
    "HTTPGetAction.scheme": defaulted("HTTP", "HTTPS"),
    "HTTPHeader.name": must(
        INVALID_VALUE, lambda text: bool(_HEADER.fullmatch(text)), "the name of a header",
        "use letters, digits and -",
    ),
    "TCPSocketAction.port": any_port,
    "GRPCAction.port": any_port,
    "GRPCAction.mode": one_of("Plaintext", "TLS"),
    "Probe.terminationGracePeriodSeconds": at_least(1),
    **{
        f"Probe.{field}": seconds
        for field in (
            "failureThreshold", "initialDelaySeconds", "periodSeconds", "successThreshold",
            "timeoutSeconds",
        )
    },
}  # fmt: skip
"""The checks by type and field."""

TYPES: dict[str, Check] = {
    "ExecAction": needs("command"),
    "HTTPGetAction": _http_get,
    "Probe": exactly_one("exec", "grpc", "httpGet", "tcpSocket"),
    "LifecycleHandler": exactly_one("exec", "httpGet", "sleep", "tcpSocket"),
    "PodSpec": both(_init_containers, _lifecycles),
}
"""The checks by type."""
