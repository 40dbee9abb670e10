"""A pod in one word: which word for which state, and that the worst comes first."""

from __future__ import annotations

from typing import Any

import pytest

from apps.common.messages import LANGUAGES, catalogue, params_of
from apps.workloads.pods.meaning import POD_STATES, pod_by_meaning, urgency

NEW, OLD = "rs-new", "rs-old"
Json = dict[str, Any]


def container(
    name: str = "app", *, ready: bool = False, restarts: int = 0, last: Json | None = None, **state: Any
) -> Json:
    """A status of a container; `state` is one of running, waiting, terminated with its content."""
    found = {"name": name, "ready": ready, "restartCount": restarts, "state": state, "image": "x"}
    return found if last is None else {**found, "lastState": {"terminated": last}}


def pod(
    name: str, *statuses: Json, owner: str = NEW, meta: Json | None = None, conditions: Any = (), **status: Any
) -> Json:
    names = [one["name"] for one in statuses] or ["app"]
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-{name}",
            "creationTimestamp": "2026-11-20T08:00:00Z",
            "ownerReferences": [{"kind": "ReplicaSet", "controller": True, "name": "rs", "uid": owner}],
            **(meta or {}),
        },
        "spec": {
            "nodeName": "node-1",
            "containers": [{"name": one, "image": f"reg.example.com/shop/{one}:20260101-090000-u1"} for one in names],
        },
        "status": {"phase": "Running", "containerStatuses": list(statuses), "conditions": list(conditions), **status},
    }


READY = [{"type": "Ready", "status": "True"}]
RUNNING = container(ready=True, running={})
OOM = {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-11-20T09:00:00Z"}
LOOP = {"reason": "CrashLoopBackOff", "message": "back-off 40s"}
NO_ROOM = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}
PODS: dict[str, Json] = {
    "crash_loop": pod("a", container(restarts=7, waiting=LOOP, last={"reason": "Error", "exitCode": 3})),
    "out_of_memory": pod("b", container(restarts=4, waiting=LOOP, last=OOM)),
    "image_pull": pod("c", container(waiting={"reason": "ImagePullBackOff", "message": "not found"})),
    "config_error": pod("d", container(waiting={"reason": "CreateContainerConfigError", "message": "no secret"})),
    "evicted": pod("e", phase="Failed", reason="Evicted", message="The node was low on memory."),
    "unschedulable": pod("f", conditions=[NO_ROOM], phase="Pending"),
    "ended": pod("g", container(terminated={"reason": "Error", "exitCode": 2})),
    "not_ready": pod("h", container(running={})),
    "starting": pod("i", container(waiting={"reason": "ContainerCreating"})),
    "terminating": pod("j", RUNNING, meta={"deletionTimestamp": "2026-11-20T09:00:00Z"}, conditions=READY),
    "completed": pod("k", phase="Succeeded"),
    "running": pod("l", RUNNING, conditions=READY),
}


@pytest.mark.parametrize("state", POD_STATES)
def test_each_state_has_its_word_and_its_sentence(state: str) -> None:
    found = pod_by_meaning(PODS[state], "app", NEW)
    assert (found["state"], found["state_code"]) == (state, f"pod_state.{state}")
    for language in LANGUAGES:
        assert params_of(catalogue(language)[f"pod_state.{state}"]) <= set(found["state_params"])


def test_the_worst_comes_first_and_the_quiet_ones_last() -> None:
    found = sorted((pod_by_meaning(one, "app", NEW) for one in reversed(PODS.values())), key=urgency)
    assert [one["state"] for one in found] == POD_STATES
    assert POD_STATES[:3] == ["crash_loop", "out_of_memory", "image_pull"]


def test_of_equal_pods_the_new_version_comes_first_then_the_most_restarted() -> None:
    three = [
        pod("old", container(ready=True, running={}, restarts=9), owner=OLD),
        pod("calm", RUNNING),
        pod("tired", container(ready=True, running={}, restarts=3)),
    ]
    found = sorted((pod_by_meaning(one, "app", NEW) for one in three), key=urgency)
    assert [(one["name"], one["is_new"]) for one in found] == [("tired", True), ("calm", True), ("old", False)]


def test_a_memory_kill_is_told_until_the_container_is_ready_again() -> None:
    def word(**how: Any) -> str:
        return str(pod_by_meaning(pod("x", container(restarts=1, last=OOM, **how)), "app", NEW)["state"])

    assert word(running={}) == "out_of_memory"
    assert word(running={}, ready=True) == "running"
    assert pod_by_meaning(pod("x", container(terminated=OOM)), "app", NEW)["state"] == "out_of_memory"


def test_a_pod_is_as_bad_as_its_worst_container_and_shows_its_own_first() -> None:
    found = pod_by_meaning(
        pod("two", container("proxy", restarts=2, waiting=LOOP, last={"exitCode": 1}), RUNNING), "app", NEW
    )
    assert (found["state"], found["state_params"]["container"], found["restarts"]) == ("crash_loop", "proxy", 2)
    assert [(one["name"], one["state"]) for one in found["containers"]] == [("app", "running"), ("proxy", "waiting")]
    assert found["version"] == "20260101-090000-u1"
    proxy = found["containers"][1]
    assert (proxy["reason"], proxy["last_exit_code"], proxy["state_code"]) == (
        "CrashLoopBackOff",
        1,
        "pod_state.crash_loop",
    )


def test_without_a_known_newest_set_no_pod_is_called_new() -> None:
    assert pod_by_meaning(PODS["running"], "app", "")["is_new"] is False
