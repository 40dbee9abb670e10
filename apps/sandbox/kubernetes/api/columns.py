"""The columns of Table answers by kind.

Must not: know of requests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Obj = dict[str, Any]
UNKNOWN, NONE = "<unknown>", "<none>"


@dataclass(frozen=True)
class Column:
    """One column; priority 1 is shown with `-o wide` only."""

    name: str
    cell: Callable[[Obj], Any]
    type: str = "string"
    priority: int = 0


# -- times --------------------------------------------------------------------------------------------------------
def human_duration(seconds: float) -> str:
    """A duration as kubectl writes ages."""
    total = int(seconds)
    if total < -1:
        return "<invalid>"
    total = max(total, 0)
    minutes, hours, days = total // 60, total // 3600, total // 86400
    if total < 120:
        return f"{total}s"
    if minutes < 10:
        return _two(minutes, "m", total % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    return _two(days // 365, "y", days % 365, "d") if days < 365 * 8 else f"{days // 365}y"


def _two(big: int, big_unit: str, small: int, small_unit: str) -> str:
    return f"{big}{big_unit}" + (f"{small}{small_unit}" if small else "")


def since(stamp: str | None) -> str:
    """How long ago a time of the API is."""
    if not stamp:
        return UNKNOWN
    return human_duration((datetime.now(UTC) - datetime.fromisoformat(stamp.replace("Z", "+00:00"))).total_seconds())


def _age(obj: Obj) -> str:
    return since(obj["metadata"].get("creationTimestamp"))


# -- common cells -------------------------------------------------------------------------------------------------
def _name(obj: Obj) -> str:
    return str(obj["metadata"]["name"])


def _status(obj: Obj) -> Obj:
    return obj.get("status") or {}


def _spec(obj: Obj) -> Obj:
    return obj.get("spec") or {}


def _containers(obj: Obj, key: str) -> str:
    spec = _spec(obj).get("template", obj).get("spec") or {}
    return ",".join(str(c.get(key, "")) for c in spec.get("containers") or ())


def labels_text(labels: Obj | None) -> str:
    """Labels as kubectl writes them."""
    return ",".join(f"{k}={v}" for k, v in sorted((labels or {}).items())) or NONE


def _selector(obj: Obj) -> str:
    return labels_text((_spec(obj).get("selector") or {}).get("matchLabels"))


NAME = Column("Name", _name)
AGE = Column("Age", _age)
CONTAINERS = Column("Containers", lambda o: _containers(o, "name"), priority=1)
IMAGES = Column("Images", lambda o: _containers(o, "image"), priority=1)
SELECTOR = Column("Selector", _selector, priority=1)
DEFAULT = (NAME, Column("Created At", lambda o: o["metadata"].get("creationTimestamp"), "date"))


# -- pods ---------------------------------------------------------------------------------------------------------
def _pod_ready(pod: Obj) -> str:
    statuses = _status(pod).get("containerStatuses") or ()
    total = len(_spec(pod).get("containers") or ())
    return f"{sum(bool(s.get('ready')) for s in statuses)}/{total}"


def _pod_status(pod: Obj) -> str:
    status = _status(pod)
    shown = status.get("reason") or status.get("phase") or "Pending"
    shown, is_initializing = _init_status(pod, shown)
    if not is_initializing:
        shown = _container_status(status, shown)
    if "deletionTimestamp" in pod["metadata"]:
        return "Terminating"
    return shown


def _init_status(pod: Obj, shown: str) -> tuple[str, bool]:
    statuses = _status(pod).get("initContainerStatuses") or ()
    total = len(_spec(pod).get("initContainers") or ())
    for index, each in enumerate(statuses):
        state = each.get("state") or {}
        if "terminated" in state:
            ended = state["terminated"]
            if not ended.get("exitCode"):
                continue
            return f"Init:{ended.get('reason') or 'ExitCode:' + str(ended['exitCode'])}", True
        waiting = (state.get("waiting") or {}).get("reason")
        if waiting and waiting != "PodInitializing":
            return f"Init:{waiting}", True
        return f"Init:{index}/{total}", True
    return shown, False


def _container_status(status: Obj, shown: str) -> str:
    is_running = False
    for each in reversed(status.get("containerStatuses") or ()):
        state = each.get("state") or {}
        if (state.get("waiting") or {}).get("reason"):
            shown = state["waiting"]["reason"]
        elif "terminated" in state:
            ended = state["terminated"]
            shown = ended.get("reason") or f"ExitCode:{ended.get('exitCode', 0)}"
        elif "running" in state and each.get("ready"):
            is_running = True
    if shown == "Completed" and is_running:
        return "Running"
    return str(shown)


def _restarts(pod: Obj) -> str:
    statuses = _status(pod).get("containerStatuses") or ()
    count = sum(s.get("restartCount", 0) for s in statuses)
    ended = [
        (s.get("lastState") or {}).get("terminated", {}).get("finishedAt") for s in statuses if s.get("restartCount")
    ]
    last = max((e for e in ended if e), default=None)
    return f"{count} ({since(last)} ago)" if count and last else str(count)


POD = (
    NAME,
    Column("Ready", _pod_ready),
    Column("Status", _pod_status),
    Column("Restarts", _restarts),
    AGE,
    Column("IP", lambda o: _status(o).get("podIP") or NONE, priority=1),
    Column("Node", lambda o: _spec(o).get("nodeName") or NONE, priority=1),
    Column("Nominated Node", lambda o: _status(o).get("nominatedNodeName") or NONE, priority=1),
    Column("Readiness Gates", lambda o: NONE, priority=1),
)


# -- the other kinds ----------------------------------------------------------------------------------------------
def _number(key: str) -> Callable[[Obj], int]:
    return lambda o: int(_status(o).get(key) or 0)


def _ports(service: Obj) -> str:
    shown = []
    for port in _spec(service).get("ports") or ():
        node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
        shown.append(f"{port['port']}{node_port}/{port.get('protocol', 'TCP')}")
    return ",".join(shown) or NONE


def _external(service: Obj) -> str:
    spec = _spec(service)
    if spec.get("type") == "ExternalName":
        return str(spec.get("externalName"))
    given = [
        i.get("ip") or i.get("hostname") for i in (_status(service).get("loadBalancer") or {}).get("ingress") or ()
    ]
    addresses = [*given, *(spec.get("externalIPs") or ())]
    if addresses:
        return ",".join(addresses)
    return "<pending>" if spec.get("type") == "LoadBalancer" else NONE


def _about(event: Obj) -> Obj:
    return event.get("involvedObject") or event.get("regarding") or {}


def _source(event: Obj) -> str:
    source = event.get("source") or event.get("deprecatedSource") or {}
    parts = [
        source.get("component") or event.get("reportingComponent") or event.get("reportingController"),
        source.get("host"),
    ]
    return ", ".join(part for part in parts if part)


def _event_time(event: Obj, *keys: str) -> str:
    return since(next((event[key] for key in keys if event.get(key)), event["metadata"].get("creationTimestamp")))


def _condition(obj: Obj, kind: str) -> str:
    found = next((c for c in _status(obj).get("conditions") or () if c["type"] == kind), None)
    return str(found["status"]) if found else "Unknown"


def _node_status(node: Obj) -> str:
    ready = {"True": "Ready", "False": "NotReady"}.get(_condition(node, "Ready"), "NotReady")
    return ready + (",SchedulingDisabled" if _spec(node).get("unschedulable") else "")


def _roles(node: Obj) -> str:
    prefix = "node-role.kubernetes.io/"
    labels = node["metadata"].get("labels") or {}
    return ",".join(sorted(k.removeprefix(prefix) for k in labels if k.startswith(prefix))) or NONE


def _address(kind: str) -> Callable[[Obj], str]:
    def cell(node: Obj) -> str:
        found = (a["address"] for a in _status(node).get("addresses") or () if a["type"] == kind)
        return str(next(found, NONE))

    return cell


def _node_info(key: str) -> Callable[[Obj], str]:
    return lambda o: str((_status(o).get("nodeInfo") or {}).get(key, UNKNOWN))


def _data_count(obj: Obj) -> int:
    return len(obj.get("data") or ()) + len(obj.get("binaryData") or ())


def _quota(prefix: str) -> Callable[[Obj], str]:
    def cell(obj: Obj) -> str:
        status = _status(obj)
        hard, used = status.get("hard") or {}, status.get("used") or {}
        limits = prefix == "limits."
        names = [name for name in sorted(hard) if name.startswith("limits.") is limits]
        return ", ".join(f"{name}: {used.get(name, 0)}/{hard[name]}" for name in names)

    return cell


def _hpa_target(obj: Obj) -> str:
    shown = []
    for metric in _spec(obj).get("metrics") or ():
        resource = metric.get("resource") or {}
        target = (resource.get("target") or {}).get("averageUtilization")
        shown.append(f"{resource.get('name', metric.get('type'))}: <unknown>/{target}%" if target else UNKNOWN)
    return ", ".join(shown) or NONE


def _hpa_reference(obj: Obj) -> str:
    target = _spec(obj).get("scaleTargetRef") or {}
    return f"{target.get('kind')}/{target.get('name')}"


COLUMNS: dict[str, tuple[Column, ...]] = {
    "Pod": POD,
    "Deployment": (
        NAME,
        Column("Ready", lambda o: f"{_number('readyReplicas')(o)}/{_spec(o).get('replicas', 0)}"),
        Column("Up-to-date", _number("updatedReplicas"), "integer"),
        Column("Available", _number("availableReplicas"), "integer"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ),
    "ReplicaSet": (
        NAME,
        Column("Desired", lambda o: _spec(o).get("replicas", 0), "integer"),
        Column("Current", _number("replicas"), "integer"),
        Column("Ready", _number("readyReplicas"), "integer"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ),
    "Service": (
        NAME,
        Column("Type", lambda o: _spec(o).get("type")),
        Column("Cluster-IP", lambda o: _spec(o).get("clusterIP") or NONE),
        Column("External-IP", _external),
        Column("Port(s)", _ports),
        AGE,
        Column("Selector", lambda o: labels_text(_spec(o).get("selector")), priority=1),
    ),
    "Event": (
        Column("Last Seen", lambda o: _event_time(o, "lastTimestamp", "deprecatedLastTimestamp", "eventTime")),
        Column("Type", lambda o: o.get("type")),
        Column("Reason", lambda o: o.get("reason")),
        Column("Object", lambda o: f"{str(_about(o).get('kind', '')).lower()}/{_about(o).get('name', '')}"),
        Column("Subobject", lambda o: _about(o).get("fieldPath", ""), priority=1),
        Column("Source", _source, priority=1),
        Column("Message", lambda o: str(o.get("message") or o.get("note") or "").strip()),
        Column(
            "First Seen",
            lambda o: _event_time(o, "firstTimestamp", "deprecatedFirstTimestamp", "eventTime"),
            priority=1,
        ),
        Column("Count", lambda o: o.get("count") or o.get("deprecatedCount") or 1, "integer", 1),
        Column("Name", _name, priority=1),
    ),
    "Node": (
        NAME,
        Column("Status", _node_status),
        Column("Roles", _roles),
        AGE,
        Column("Version", _node_info("kubeletVersion")),
        Column("Internal-IP", _address("InternalIP"), priority=1),
        Column("External-IP", _address("ExternalIP"), priority=1),
        Column("OS-Image", _node_info("osImage"), priority=1),
        Column("Kernel-Version", _node_info("kernelVersion"), priority=1),
        Column("Container-Runtime", _node_info("containerRuntimeVersion"), priority=1),
    ),
    "Namespace": (NAME, Column("Status", lambda o: _status(o).get("phase")), AGE),
    "ConfigMap": (NAME, Column("Data", _data_count, "integer"), AGE),
    "Secret": (NAME, Column("Type", lambda o: o.get("type")), Column("Data", _data_count, "integer"), AGE),
    "ServiceAccount": (NAME, Column("Secrets", lambda o: len(o.get("secrets") or ()), "integer"), AGE),
    "ResourceQuota": (NAME, AGE, Column("Request", _quota("")), Column("Limit", _quota("limits."))),
    "HorizontalPodAutoscaler": (
        NAME,
        Column("Reference", _hpa_reference),
        Column("Targets", _hpa_target),
        Column("MinPods", lambda o: str(_spec(o).get("minReplicas", "<unset>"))),
        Column("MaxPods", lambda o: _spec(o).get("maxReplicas"), "integer"),
        Column("Replicas", _number("currentReplicas"), "integer"),
        AGE,
    ),
    "Ingress": (
        NAME,
        Column("Class", lambda o: _spec(o).get("ingressClassName") or NONE),
        Column("Hosts", lambda o: ",".join(r.get("host", "*") for r in _spec(o).get("rules") or ()) or "*"),
        Column("Address", lambda o: ""),
        Column("Ports", lambda o: "80, 443" if _spec(o).get("tls") else "80"),
        AGE,
    ),
    "PodDisruptionBudget": (
        NAME,
        Column("Min Available", lambda o: str(_spec(o).get("minAvailable", "N/A"))),
        Column("Max Unavailable", lambda o: str(_spec(o).get("maxUnavailable", "N/A"))),
        Column("Allowed Disruptions", _number("disruptionsAllowed"), "integer"),
        AGE,
    ),
    "Job": (
        NAME,
        Column("Status", lambda o: "Complete" if _condition(o, "Complete") == "True" else "Running"),
        Column("Completions", lambda o: f"{_number('succeeded')(o)}/{_spec(o).get('completions', 1)}"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ),
}
