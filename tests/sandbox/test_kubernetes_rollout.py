"""Deployments over time, watched state by state: the real controller's order of writes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from apps.sandbox.base.faults import Fault
from apps.sandbox.kubernetes.controllers.revisions import HISTORY, REVISION
from tests.support.cluster import LivingCluster, deployment, found, numbers, reason, set_image
from tests.support.servers import serving

Obj = dict[str, Any]
NEVER_READY = {"sandbox.never-ready": "true"}


@pytest.fixture
def cluster() -> Iterator[LivingCluster]:
    with serving(LivingCluster()) as running:
        yield running


def told(states: list[Obj]) -> list[tuple[Any, ...]]:
    """generation, observedGeneration, revision, counters, Progressing, Available of each state."""
    found = []
    for state in states:
        status = state.get("status") or {}
        number = (state["metadata"].get("annotations") or {}).get(REVISION)
        found.append(
            (
                state["metadata"]["generation"],
                status.get("observedGeneration"),
                number,
                numbers(status),
                reason(status, "Progressing"),
                reason(status, "Available"),
            )
        )
    return found


def running(cluster: LivingCluster, **spec: Any) -> None:
    cluster.create("deployments", deployment(**spec))
    cluster.settled("web", spec.get("replicas", 3))
    cluster.do(cluster.history.clear)


def active_pods(cluster: LivingCluster) -> list[Obj]:
    return [p for p in cluster.list("pods") if "deletionTimestamp" not in p["metadata"]]


def test_a_new_deployment_goes_from_no_status_to_available_in_the_known_order(cluster: LivingCluster) -> None:
    cluster.create("deployments", deployment())
    cluster.settled("web", 3)
    states = told(cluster.seen("deployments", "web"))
    down, up = "False MinimumReplicasUnavailable", "True MinimumReplicasAvailable"
    assert states[:4] == [
        (1, None, None, (0, 0, 0, 0, 0), "", ""),
        (1, None, "1", (0, 0, 0, 0, 0), "True NewReplicaSetCreated", ""),
        (1, 1, "1", (0, 0, 0, 0, 3), "True NewReplicaSetCreated", down),
        (1, 1, "1", (3, 3, 0, 0, 3), "True ReplicaSetUpdated", down),
    ]
    assert states[-1] == (1, 1, "1", (3, 3, 3, 3, 0), "True NewReplicaSetAvailable", up)
    assert cluster.seen("deployments", "web")[0].get("status") in (None, {})


def test_zero_counters_are_left_out(cluster: LivingCluster) -> None:
    running(cluster)
    status = cluster.get("deployments", "web")["status"]
    assert sorted(status) == [
        "availableReplicas",
        "conditions",
        "observedGeneration",
        "readyReplicas",
        "replicas",
        "updatedReplicas",
    ]


def test_after_an_image_change_the_old_success_is_visible_until_observed_generation_moves(
    cluster: LivingCluster,
) -> None:
    running(cluster)
    cluster.change("deployments", "web", set_image("nginx:2"))
    cluster.settled("web", 3)
    states = told(cluster.seen("deployments", "web"))
    up = "True MinimumReplicasAvailable"
    assert states[:4] == [
        (2, 1, "1", (3, 3, 3, 3, 0), "True NewReplicaSetAvailable", up),
        (2, 1, "2", (3, 3, 3, 3, 0), "True NewReplicaSetCreated", up),
        (2, 2, "2", (3, 0, 3, 3, 1), "True NewReplicaSetCreated", up),
        (2, 2, "2", (4, 1, 3, 3, 1), "True ReplicaSetUpdated", up),
    ]
    assert states[-1][3:5] == ((3, 3, 3, 3, 0), "True NewReplicaSetAvailable")
    assert all(available >= 3 and total <= 5 for _, _, _, (total, _, _, available, _), _, _ in states)
    assert {p["spec"]["containers"][0]["image"] for p in active_pods(cluster)} == {"nginx:2"}


def test_a_terminating_pod_stays_listed_but_is_not_counted(cluster: LivingCluster) -> None:
    running(cluster, replicas=1)
    name = cluster.list("pods")[0]["metadata"]["name"]
    answered = cluster.delete("pods", name)
    assert answered["metadata"]["deletionGracePeriodSeconds"] == 30
    assert "deletionTimestamp" in cluster.get("pods", name)["metadata"]
    cluster.wait(lambda: numbers(found(cluster, "deployments", "web")["status"])[3] == 0)
    assert len(cluster.list("pods")) == 2
    cluster.settled("web", 1)
    cluster.wait(lambda: cluster.store.get("pods", "q", name) is None)


def test_a_rollback_uses_the_old_replica_set_and_writes_its_history(cluster: LivingCluster) -> None:
    running(cluster)
    first = cluster.list("replicasets")[0]["metadata"]["name"]
    cluster.change("deployments", "web", set_image("nginx:2"))
    cluster.settled("web", 3)
    cluster.change("deployments", "web", set_image("nginx:1"))
    cluster.settled("web", 3)
    annotations = cluster.get("replicasets", first)["metadata"]["annotations"]
    assert (annotations[REVISION], annotations[HISTORY]) == ("3", "1")
    assert cluster.get("deployments", "web")["metadata"]["annotations"][REVISION] == "3"
    assert len(cluster.list("replicasets")) == 2
    assert cluster.get("deployments", "web")["metadata"]["generation"] == 3


def test_an_image_that_never_gets_ready_stops_the_rollout_and_exceeds_the_deadline(cluster: LivingCluster) -> None:
    running(cluster, progressDeadlineSeconds=20)  # the cluster's clock is ten times as fast

    def never_ready(obj: Obj) -> None:
        obj["spec"]["template"]["metadata"]["annotations"] = NEVER_READY

    cluster.change("deployments", "web", never_ready)

    def exceeded() -> Obj | None:
        status = found(cluster, "deployments", "web")["status"]
        return status if reason(status, "Progressing") == "False ProgressDeadlineExceeded" else None

    status = cluster.wait(exceeded)
    assert numbers(status) == (4, 1, 3, 3, 1)
    assert reason(status, "Available") == "True MinimumReplicasAvailable"
    new = next(r for r in cluster.list("replicasets") if r["metadata"]["annotations"][REVISION] == "2")
    message = next(c["message"] for c in status["conditions"] if c["type"] == "Progressing")
    assert message == f'ReplicaSet "{new["metadata"]["name"]}" has timed out progressing.'
    events = [e for e in cluster.list("events") if e["reason"] == "Unhealthy"]
    assert events and events[0]["message"].startswith("Readiness probe failed: ")


def test_scaling_up_makes_it_unavailable_until_three_quarters_are_there(cluster: LivingCluster) -> None:
    running(cluster, replicas=3)
    cluster.change("deployments", "web", lambda d: d["spec"].update(replicas=8))
    cluster.settled("web", 8)
    states = told(cluster.seen("deployments", "web"))
    assert all(progress == "True NewReplicaSetAvailable" for *_, progress, _ in states)
    assert any(available == "False MinimumReplicasUnavailable" for *_, available in states)
    cluster.change("deployments", "web", lambda d: d["spec"].update(replicas=1))
    assert numbers(cluster.settled("web", 1)) == (1, 1, 1, 1, 0)


def test_a_paused_deployment_takes_an_image_only_when_resumed(cluster: LivingCluster) -> None:
    running(cluster)
    cluster.change("deployments", "web", lambda d: d["spec"].update(paused=True))
    cluster.wait(
        lambda: reason(found(cluster, "deployments", "web")["status"], "Progressing") == "Unknown DeploymentPaused"
    )
    cluster.change("deployments", "web", set_image("nginx:2"))
    seen = cluster.wait(lambda: _observed(cluster, 3))
    assert numbers(seen) == (3, 0, 3, 3, 0)
    assert len(cluster.list("replicasets")) == 1
    cluster.do(cluster.history.clear)
    cluster.change("deployments", "web", lambda d: d["spec"].pop("paused"))
    cluster.settled("web", 3)
    progress = [s[4] for s in told(cluster.seen("deployments", "web"))]
    assert progress[0] == "Unknown DeploymentPaused"
    assert progress[1] == "Unknown DeploymentResumed"
    assert progress[-1] == "True NewReplicaSetAvailable"


def _observed(cluster: LivingCluster, generation: int) -> Obj | None:
    status: Obj = found(cluster, "deployments", "web")["status"]
    return status if status.get("observedGeneration") == generation else None


def test_recreate_takes_everything_down_first(cluster: LivingCluster) -> None:
    running(cluster, replicas=2, strategy={"type": "Recreate"})
    cluster.change("deployments", "web", set_image("nginx:2"))
    cluster.settled("web", 2)
    states = told(cluster.seen("deployments", "web"))
    images_together = [total for _, _, _, (total, updated, *_), _, _ in states if 0 < updated < total]
    assert images_together == []
    empty = [s for s in states if s[1] == 2 and s[3] == (0, 0, 0, 0, 0)]
    assert empty and empty[0][5] == "False MinimumReplicasUnavailable"


def test_deleting_a_deployment_takes_its_replica_sets_and_pods_with_it(cluster: LivingCluster) -> None:
    running(cluster)
    cluster.delete("deployments", "web")
    cluster.wait(lambda: not cluster.store.list("replicasets", "q"))
    cluster.wait(lambda: not cluster.store.list("pods", "q"))


def test_only_so_many_old_replica_sets_are_kept(cluster: LivingCluster) -> None:
    running(cluster, replicas=1, revisionHistoryLimit=1)
    for number in (2, 3, 4):
        cluster.change("deployments", "web", set_image(f"nginx:{number}"))
        cluster.settled("web", 1)
    cluster.wait(lambda: len(cluster.store.list("replicasets", "q")) == 2)
    kept = {r["spec"]["template"]["spec"]["containers"][0]["image"] for r in cluster.list("replicasets")}
    assert kept == {"nginx:3", "nginx:4"}


def test_a_quota_stops_the_rollout_with_replica_failure(cluster: LivingCluster) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "rq", "namespace": "q"}}
    cluster.create("resourcequotas", {**quota, "spec": {"hard": {"pods": "2"}}, "status": {}})
    cluster.create("deployments", deployment())

    def failed() -> Obj | None:
        status = found(cluster, "deployments", "web").get("status") or {}
        return status if reason(status, "ReplicaFailure") and status.get("availableReplicas") == 2 else None

    status = cluster.wait(failed)
    failure = next(c for c in status["conditions"] if c["type"] == "ReplicaFailure")
    assert failure["reason"] == "FailedCreate"
    assert failure["message"].endswith(
        "is forbidden: exceeded quota: rq, requested: pods=1, used: pods=2, limited: pods=2"
    )
    event = next(e for e in cluster.list("events") if e["reason"] == "FailedCreate")
    assert event["message"].startswith('Error creating: pods "web-')
    assert event["type"] == "Warning"
    cluster.wait(lambda: found(cluster, "resourcequotas", "rq")["status"].get("used") == {"pods": "2"})
    cluster.change("resourcequotas", "rq", lambda q: q["spec"]["hard"].update(pods="9"))
    cluster.settled("web", 3)


def test_a_stale_status_stays_old_while_the_pods_go_on(cluster: LivingCluster) -> None:
    running(cluster)
    fault = cluster.faults.add(Fault("deployment.status", "stale", seconds=1.0, match={"subject": "q/web"}))
    cluster.change("deployments", "web", set_image("nginx:2"))
    cluster.wait(lambda: any(p["spec"]["containers"][0]["image"] == "nginx:2" for p in cluster.store.list("pods", "q")))
    now = cluster.get("deployments", "web")
    assert (now["metadata"]["generation"], now["status"]["observedGeneration"]) == (2, 1)
    assert reason(now["status"], "Progressing") == "True NewReplicaSetAvailable"
    cluster.settled("web", 3)
    assert fault.struck > 0


def test_a_hundred_deployments_are_cheap(cluster: LivingCluster) -> None:
    began = time.process_time()
    for number in range(100):
        cluster.create("deployments", deployment(f"d{number}"))
    for number in range(100):
        cluster.settled(f"d{number}", 3, seconds=60)
    assert time.process_time() - began < 20
    cluster.do(cluster.history.clear)
    idle = time.process_time()
    time.sleep(0.5)
    assert time.process_time() - idle < 0.25
    assert cluster.history == []
