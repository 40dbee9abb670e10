"""A raw Pod by meaning: in which state people would say it is, why, and how urgent that is. Pure functions.

The words are codes of the catalogue (`pod_state.…`). Must not: call a cluster or read a row.
"""

from __future__ import annotations

from typing import Any

from apps.integrations.kubernetes.types import TOUCHED
from apps.workloads.api import tag_of
from apps.workloads.observe import ENDED_PHASES
from apps.workloads.pods.own import controller_of

Json = dict[str, Any]

STATES = ["running", "waiting", "ended"]
# From what needs somebody at once to what needs nobody; a pod is as bad as the worst of its containers.
STATE_CODES = {
    "crash_loop": "pod_state.crash_loop",
    "out_of_memory": "pod_state.out_of_memory",
    "image_pull": "pod_state.image_pull",
    "config_error": "pod_state.config_error",
    "evicted": "pod_state.evicted",
    "unschedulable": "pod_state.unschedulable",
    "ended": "pod_state.ended",
    "not_ready": "pod_state.not_ready",
    "starting": "pod_state.starting",
    "terminating": "pod_state.terminating",
    "completed": "pod_state.completed",
    "running": "pod_state.running",
}
POD_STATES = list(STATE_CODES)
_BY_REASON = {
    "CrashLoopBackOff": "crash_loop",
    "ErrImagePull": "image_pull",
    "ImagePullBackOff": "image_pull",
    "InvalidImageName": "image_pull",
    "ErrImageNeverPull": "image_pull",
    "CreateContainerConfigError": "config_error",
    "CreateContainerError": "config_error",
    "RunContainerError": "config_error",
}
OUT_OF_MEMORY = "OOMKilled"
SAID_MOST = 300


def pod_by_meaning(pod: Json, container: str, newest: str) -> Json:
    """One pod. `container` is the workload's own, `newest` the uid of the newest ReplicaSet, empty when unknown."""
    meta, spec, status = pod["metadata"], pod.get("spec", {}), pod.get("status", {})
    told = {one["name"]: one for one in status.get("containerStatuses") or []}
    containers = [_container(one, told.get(one["name"], {})) for one in spec.get("containers") or []]
    own = next((one for one in containers if one["name"] == container), containers[0] if containers else {})
    state, params = _state(meta, status, containers)
    owner = controller_of(pod, "ReplicaSet") or {}
    conditions = {one.get("type"): one.get("status") for one in status.get("conditions") or []}
    return {
        "namespace": meta.get("namespace", ""),
        "name": meta["name"],
        "uid": meta["uid"],
        "containers": sorted(containers, key=lambda one: one["name"] != container),
        "version": tag_of(own.get("image", "")),
        "is_new": bool(newest) and owner.get("uid") == newest,
        "ready": conditions.get("Ready") == "True",
        "restarts": sum(one["restarts"] for one in containers),
        "state": state,
        "state_code": STATE_CODES[state],
        "state_params": params,
        "created_at": meta.get("creationTimestamp"),
        "started_at": status.get("startTime"),
        "node": spec.get("nodeName", ""),
        "touched": (meta.get("annotations") or {}).get(TOUCHED, ""),
    }


def urgency(pod: Json) -> tuple[int, bool, int, str]:
    """What sorts the worst first; of equal ones the new version's, then the most often restarted."""
    return POD_STATES.index(pod["state"]), not pod["is_new"], -pod["restarts"], pod["name"]


def _state(meta: Json, status: Json, containers: list[Json]) -> tuple[str, Json]:
    """The pod in one word, and the params of its sentence."""
    if "deletionTimestamp" in meta:
        return "terminating", {"since": meta["deletionTimestamp"]}
    if status.get("phase") in ENDED_PHASES:
        said = {"reason": status.get("reason", ""), "said": str(status.get("message", ""))[:SAID_MOST]}
        return ("completed" if status["phase"] == "Succeeded" else "evicted"), said
    unscheduled: Json = next(
        (c for c in status.get("conditions") or [] if c.get("type") == "PodScheduled" and c.get("status") == "False"),
        {},
    )
    if unscheduled:
        return "unschedulable", {"said": str(unscheduled.get("message", ""))[:SAID_MOST]}
    if not containers:
        return "starting", {}
    worst = min(containers, key=lambda one: POD_STATES.index(_word(one)))
    named = ("name", "reason", "restarts", "last_reason", "last_exit_code", "said")
    params = {{"name": "container"}.get(key, key): worst[key] for key in named}
    return _word(worst), params


def _container(spec: Json, told: Json) -> Json:
    """One container of the pod's spec, with what the kubelet says of it."""
    state, last = told.get("state") or {}, (told.get("lastState") or {}).get("terminated") or {}
    kind = "running" if "running" in state else "ended" if "terminated" in state else "waiting"
    now: Json = state.get("waiting") or state.get("terminated") or {}
    found = {
        "name": spec["name"],
        "image": spec.get("image", ""),
        "ready": bool(told.get("ready")),
        "restarts": told.get("restartCount", 0),
        "state": kind,
        "reason": now.get("reason", ""),
        "exit_code": now.get("exitCode"),
        "said": str(now.get("message", ""))[:SAID_MOST],
        "last_reason": last.get("reason", ""),
        "last_exit_code": last.get("exitCode"),
        "last_ended_at": last.get("finishedAt"),
    }
    return {**found, "state_code": STATE_CODES[_word(found)]}


def _word(container: Json) -> str:
    """The container in one of POD_STATES. A kill for memory is told as long as it has not become ready again, also
    while it waits to be started once more: that says more than "crash loop"."""
    is_up = container["state"] == "running" and container["ready"]
    if OUT_OF_MEMORY in (container["reason"], container["last_reason"]) and not is_up:
        return "out_of_memory"
    if container["reason"] in _BY_REASON:
        return _BY_REASON[container["reason"]]
    if container["state"] == "running":
        return "running" if is_up else "not_ready"
    if container["state"] == "ended":
        return "completed" if container["exit_code"] == 0 else "ended"
    return "starting"
