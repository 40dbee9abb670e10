"""Pod statuses: from what the containers do to `status`, condition by condition.

Must not: decide what happens next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.sandbox.kubernetes.life.objects import Obj, find_condition, stamp

WAITING = {"waiting": {"reason": "ContainerCreating"}}


@dataclass
class ContainerState:
    """One container as the runtime knows it."""

    name: str
    image: str
    is_init: bool = False
    state: Obj = field(default_factory=lambda: dict(WAITING))
    last_state: Obj = field(default_factory=dict)
    ready: bool = False
    started: bool = False
    restarts: int = 0
    image_id: str = ""
    container_id: str = ""
    # volumeMounts, resources: said again in the status.
    repeated: Obj = field(default_factory=dict)

    @property
    def is_running(self) -> bool:
        """Whether its main program runs."""
        return "running" in self.state

    @property
    def exit_code(self) -> int | None:
        """The exit code of an ended container."""
        ended = self.state.get("terminated")
        return None if ended is None else int(ended["exitCode"])

    def as_json(self) -> Obj:
        """An element of `containerStatuses`."""
        status: Obj = {
            "name": self.name,
            "state": self.state,
            "lastState": self.last_state,
            "ready": self.ready,
            "restartCount": self.restarts,
            "image": self.image,
            "imageID": self.image_id,
        }
        if self.container_id:
            status["containerID"] = self.container_id
        status["started"] = self.started
        return status | self.repeated

    @classmethod
    def from_json(cls, status: Obj, *, is_init: bool) -> ContainerState:
        """Back from a stored status, after a restart."""
        return cls(
            name=status["name"],
            image=status["image"],
            is_init=is_init,
            state=dict(status["state"]),
            last_state=dict(status.get("lastState") or {}),
            ready=status["ready"],
            started=bool(status.get("started")),
            restarts=status["restartCount"],
            image_id=status.get("imageID", ""),
            container_id=status.get("containerID", ""),
        )


@dataclass
class Place:
    """Where a pod runs."""

    node: str
    host_ip: str
    pod_ip: str
    start_time: str


def repeated_of(spec: Obj) -> Obj:
    """What a container's status says again of its spec."""
    repeated: Obj = {}
    resources = spec.get("resources") or {}
    if resources.get("limits") or resources.get("requests"):
        repeated["resources"] = resources
        if resources.get("requests"):
            repeated["allocatedResources"] = resources["requests"]
    mounts = [
        {k: m[k] for k in ("name", "mountPath", "readOnly") if k in m}
        | ({"recursiveReadOnly": "Disabled"} if m.get("readOnly") else {})
        for m in spec.get("volumeMounts") or ()
    ]
    return repeated | ({"volumeMounts": mounts} if mounts else {})


def qos_class(spec: Obj) -> str:
    """Guaranteed, Burstable or BestEffort."""
    containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
    resources = [c.get("resources") or {} for c in containers]
    if not any(r.get("requests") or r.get("limits") for r in resources):
        return "BestEffort"
    for resource in resources:
        limits = resource.get("limits") or {}
        requests = resource.get("requests") or limits
        if set(limits) < {"cpu", "memory"} or any(requests.get(k) != limits[k] for k in ("cpu", "memory")):
            return "Burstable"
    return "Guaranteed"


def phase(containers: list[ContainerState], restart_policy: str) -> str:
    """The pod's phase, as the kubelet derives it."""
    if any(c.is_init and c.exit_code != 0 for c in containers):
        failed = any(c.is_init and c.exit_code not in (None, 0) for c in containers)
        return "Failed" if failed and restart_policy == "Never" else "Pending"
    main = [c for c in containers if not c.is_init]
    if any("waiting" in c.state and not c.last_state for c in main):
        return "Pending"
    if restart_policy == "Always" or any(c.exit_code is None for c in main):
        return "Running"
    if all(c.exit_code == 0 for c in main):
        return "Succeeded"
    return "Failed" if restart_policy == "Never" else "Running"


def build(pod: Obj, containers: list[ContainerState], place: Place, now: datetime, *, is_node_ready: bool) -> Obj:
    """The whole status."""
    spec, old = pod["spec"], pod.get("status") or {}
    current_phase = phase(containers, spec.get("restartPolicy", "Always"))
    init = [c for c in containers if c.is_init]
    main = [c for c in containers if not c.is_init]
    unready = [c.name for c in main if not c.ready]
    unfinished = [c.name for c in init if c.exit_code != 0]
    has_sandbox = any(c.container_id for c in containers)
    has_ended = current_phase in ("Succeeded", "Failed")
    no_reason = ("", "")
    missing = ("ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]") if unready else no_reason
    if has_ended:
        missing = ("PodCompleted", "") if current_phase == "Succeeded" else ("PodFailed", "")
    waiting = (
        ("ContainersNotInitialized", f"containers with incomplete status: [{' '.join(unfinished)}]")
        if unfinished
        else no_reason
    )
    verdicts: list[tuple[str, bool, tuple[str, str]]] = [
        ("PodReadyToStartContainers", has_sandbox and not has_ended, no_reason),
        ("Initialized", not unfinished, waiting),
        ("Ready", not unready and not has_ended and is_node_ready, missing),
        ("ContainersReady", not unready and not has_ended, missing),
        ("PodScheduled", True, no_reason),
    ]
    status: Obj = {
        "phase": current_phase,
        "conditions": [_condition(old, kind, holds, *why, now) for kind, holds, why in verdicts],
        "hostIP": place.host_ip,
        "hostIPs": [{"ip": place.host_ip}],
    }
    if has_sandbox:
        status |= {"podIP": place.pod_ip, "podIPs": [{"ip": place.pod_ip}]}
    status["startTime"] = place.start_time
    if init:
        status["initContainerStatuses"] = [c.as_json() for c in init]
    status["containerStatuses"] = [c.as_json() for c in main]
    status["qosClass"] = old.get("qosClass") or qos_class(spec)
    return status


def _condition(old: Obj, kind: str, holds: bool, reason: str, message: str, now: datetime) -> dict[str, Any]:
    before = find_condition(old, kind)
    value = "True" if holds else "False"
    since = before["lastTransitionTime"] if before is not None and before["status"] == value else stamp(now)
    condition = {"type": kind, "status": value, "lastProbeTime": None, "lastTransitionTime": since}
    if not holds and reason:
        condition["reason"] = reason
        if message:
            condition["message"] = message
    return condition
