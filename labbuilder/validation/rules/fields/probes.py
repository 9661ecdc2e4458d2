"""Checks of probes and lifecycle hooks."""

from __future__ import annotations

from labbuilder.errors import Path, shown
from labbuilder.manifest import containers
from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    MISPLACED,
    at_least,
    defaulted,
    exactly_one,
    misplaced,
    must_match,
    needs,
    one_of,
    seconds,
)
from labbuilder.validation.rules.fields.addresses import valid_port
from labbuilder.validation.rules.rule import Complaints, Object, Rule, before, check_fields, checks

INVALID_PROBE = Rule(
    "invalid-probe",
    "a probe has a setting that its kind of probe can't have",
    "validateLivenessProbe, validateReadinessProbe, validateStartupProbe",
    guarded=False,
)

_ONLY_WHILE_RUNNING = ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")
_DEFAULT_GRACE_S = 30  # of SetDefaults_PodSpec
_SIGNAL_NAMES = (
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL",
    "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP",
    "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
)  # fmt: skip
_SIGNALS = {
    "linux": {
        *(f"SIG{name}" for name in _SIGNAL_NAMES),
        *(f"SIGRTMIN+{number}" for number in range(1, 16)),
        *(f"SIGRTMAX-{number}" for number in range(1, 15)),
    },
    "windows": {"SIGKILL", "SIGTERM"},
}


def _once(value: Object) -> Complaints:
    """Check a probe that must succeed with one success."""
    if value.get("successThreshold", 1) not in {0, 1}:
        message = "must be 1, except in a readinessProbe"
        yield INVALID_PROBE.complaint(message, "remove it", ("successThreshold",))


def _readiness(value: Object) -> Complaints:
    field = "terminationGracePeriodSeconds"
    if field in value:
        message = "is not allowed in a readinessProbe, which never stops a container"
        yield INVALID_PROBE.complaint(message, "remove it", (field,))


@checks("HTTPGetAction")
def _http_get(value: Object) -> Complaints:
    if value.get("protocol") == "HTTP2":
        if (value.get("scheme") or "HTTP") != "HTTP":
            message = "HTTP2 is only allowed with scheme HTTP"
            yield INVALID_VALUE.complaint(message, "remove it", ("protocol",))
        yield from misplaced(value, ("host",), "can't be combined with protocol HTTP2")


@checks("PodSpec")
def _init_containers(spec: Object) -> Complaints:
    """Check that only init containers that keep running have probes and hooks."""
    for path, container in containers(spec, lists=["initContainers"]):
        if container.get("restartPolicy") != "Always":
            for field in _ONLY_WHILE_RUNNING:
                if field in container:
                    message = "is only allowed in an init container with restartPolicy: Always"
                    yield MISPLACED.complaint(message, "remove it", (*path, field))


@checks("PodSpec")
def _lifecycles(spec: Object) -> Complaints:
    grace = spec.get("terminationGracePeriodSeconds", _DEFAULT_GRACE_S)
    grace = 1 if grace < 0 else grace  # as an API server reads it
    for path, container in containers(spec):
        lifecycle = container.get("lifecycle", {})
        at = (*path, "lifecycle")
        for field in ("postStart", "preStop"):
            pause = lifecycle.get(field, {}).get("sleep", {}).get("seconds")
            if pause is not None and not 0 <= pause <= grace:
                message = f"must be from 0 to terminationGracePeriodSeconds ({grace}), not {pause}"
                hint = "use a shorter time"
                yield INVALID_VALUE.complaint(message, hint, (*at, field, "sleep", "seconds"))
        yield from _stop_signal(spec, lifecycle, (*at, "stopSignal"))


def _stop_signal(spec: Object, lifecycle: Object, at: Path) -> Complaints:
    signal = lifecycle.get("stopSignal")
    system = spec.get("os", {}).get("name")
    if signal is not None and not system:
        yield MISPLACED.complaint("is only allowed if os.name is set", "set os.name to linux", at)
    elif signal is not None and signal not in _SIGNALS.get(system, (signal,)):
        message = f"{shown(signal)} is not a signal of {system}"
        yield INVALID_VALUE.complaint(message, "use SIGTERM or the like", at)


def _pause(value: Object) -> Complaints:
    if value.get("seconds", 0) == 0:
        yield INVALID_VALUE.complaint("must be more than 0", "use a longer time", ("seconds",))


checks("SleepAction")(before("1.33", _pause))
checks("ExecAction")(needs("command"))
checks("Probe")(exactly_one("exec", "grpc", "httpGet", "tcpSocket"))
checks("LifecycleHandler")(exactly_one("exec", "httpGet", "sleep", "tcpSocket"))
check_fields("Container", livenessProbe=_once, readinessProbe=_readiness, startupProbe=_once)
check_fields(
    "HTTPGetAction",
    port=valid_port,
    protocol=one_of("HTTP1", "HTTP2"),
    scheme=defaulted("HTTP", "HTTPS"),
)
check_fields(
    "HTTPHeader",
    name=must_match(
        INVALID_VALUE, "[-A-Za-z0-9]+", "a valid header name", "use letters, digits and -"
    ),
)
check_fields("TCPSocketAction", port=valid_port)
check_fields("GRPCAction", port=valid_port, mode=one_of("Plaintext", "TLS"))
check_fields(
    "Probe",
    failureThreshold=seconds,
    initialDelaySeconds=seconds,
    periodSeconds=seconds,
    successThreshold=seconds,
    timeoutSeconds=seconds,
    terminationGracePeriodSeconds=at_least(1),
)
