"""Pods on their nodes: images from a real registry, start-up, crashes, the end; owners and restarts."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.sandbox.base.faults import Fault
from apps.sandbox.registry.server import RegistryServer
from tests.contracts.registry_wire import OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, Wire
from tests.support.cluster import Access, LivingCluster, deployment, found, pod, set_image
from tests.support.servers import serving

Obj = dict[str, Any]


@pytest.fixture(scope="module")
def registry() -> Iterator[RegistryServer]:
    with serving(RegistryServer(None, user="ci", password="s3cret")) as running:
        yield running


@pytest.fixture
def cluster(registry: RegistryServer) -> Iterator[LivingCluster]:
    access = Access(f"127.0.0.1:{registry.port}", registry.url, "ci", "s3cret")
    with serving(LivingCluster(registry=access)) as running:
        yield running


def push(registry: RegistryServer, repository: str, tag: str, **labels: str) -> str:
    """An image with `sandbox.*` labels; its digest."""
    wire = Wire(registry.url, "ci", "s3cret")
    named = {f"sandbox.{k.replace('_', '-')}": v for k, v in labels.items()}
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Labels": named}}).encode()
    layer = uuid.uuid4().bytes
    content = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": {"mediaType": OCI_CONFIG, "digest": wire.push_blob(repository, config), "size": len(config)},
            "layers": [{"mediaType": OCI_LAYER, "digest": wire.push_blob(repository, layer), "size": len(layer)}],
        }
    ).encode()
    return wire.put_manifest(repository, tag, OCI_MANIFEST, content)


def container(cluster: LivingCluster, name: str) -> Obj:
    found = cluster.store.get("pods", "q", name) or {}
    statuses = (found.get("status") or {}).get("containerStatuses") or [{}]
    return statuses[0]


def waiting(cluster: LivingCluster, name: str, wanted: str) -> Obj:
    """Wait until a container waits for this reason; its waiting state."""

    def check() -> Obj | None:
        state: Obj = (container(cluster, name).get("state") or {}).get("waiting") or {}
        return state if state.get("reason") == wanted else None

    return cluster.wait(check)


def ready(cluster: LivingCluster, name: str) -> Obj:
    return cluster.wait(lambda: container(cluster, name) if container(cluster, name).get("ready") else None)


def events(cluster: LivingCluster, name: str) -> list[tuple[str, str]]:
    return [(e["reason"], e["message"]) for e in cluster.list("events") if e["involvedObject"]["name"] == name]


def test_an_image_is_looked_up_in_the_registry_and_named_by_its_digest(
    cluster: LivingCluster, registry: RegistryServer
) -> None:
    digest = push(registry, "team/app", "1")
    reference = f"127.0.0.1:{registry.port}/team/app:1"
    cluster.create("pods", pod("good", image=reference))
    status = ready(cluster, "good")
    assert status["imageID"] == f"127.0.0.1:{registry.port}/team/app@{digest}"
    assert status["image"] == reference
    reasons = [reason for reason, _ in events(cluster, "good")]
    assert sorted(reasons) == ["Created", "Pulled", "Pulling", "Scheduled", "Started"]
    scheduled = next(e for e in cluster.list("events") if e["reason"] == "Scheduled")
    assert (scheduled["lastTimestamp"], scheduled["action"], "count" in scheduled) == (None, "Binding", False)


def test_a_reference_by_digest_runs_without_any_tag(cluster: LivingCluster, registry: RegistryServer) -> None:
    digest = push(registry, "team/digest", "1")
    cluster.create("pods", pod("pinned", image=f"127.0.0.1:{registry.port}/team/digest@{digest}"))
    assert ready(cluster, "pinned")["imageID"].endswith(f"/team/digest@{digest}")


def test_a_missing_tag_backs_off_and_recovers_when_it_is_pushed(
    cluster: LivingCluster, registry: RegistryServer
) -> None:
    image = f"127.0.0.1:{registry.port}/team/late:v404"
    cluster.create("pods", pod("late", image=image))
    why = (
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{image}": '
        f'failed to resolve reference "{image}": {image}: not found'
    )
    assert waiting(cluster, "late", "ErrImagePull")["message"] == why
    backed_off = waiting(cluster, "late", "ImagePullBackOff")
    assert backed_off["message"] == f'Back-off pulling image "{image}": ErrImagePull: {why}'
    assert cluster.get("pods", "late")["status"]["phase"] == "Pending"
    assert {
        ("Failed", f'Failed to pull image "{image}": {why}'),
        ("Failed", "Error: ErrImagePull"),
        ("Failed", "Error: ImagePullBackOff"),
        ("BackOff", f'Back-off pulling image "{image}"'),
    } <= set(events(cluster, "late"))
    push(registry, "team/late", "v404")
    ready(cluster, "late")


def test_a_registry_that_is_down_is_told_as_connection_refused(registry: RegistryServer) -> None:
    access = Access("127.0.0.1:1", "http://127.0.0.1:1")
    with serving(LivingCluster(registry=access)) as cluster:
        cluster.create("pods", pod("down", image="127.0.0.1:1/team/app:1"))
        message = waiting(cluster, "down", "ErrImagePull")["message"]
    assert 'failed to do request: Head "http://127.0.0.1:1/v2/team/app/manifests/1"' in message
    assert message.endswith("dial tcp 127.0.0.1:1: connect: connection refused")


def test_a_registry_fault_is_a_pull_error_and_repetition_counts_up(
    cluster: LivingCluster, registry: RegistryServer
) -> None:
    push(registry, "team/flaky", "1")
    registry.faults.add(Fault("manifest.*", "status", times=2, status=500))
    cluster.create("pods", pod("flaky", image=f"127.0.0.1:{registry.port}/team/flaky:1"))
    assert "500 Internal Server Error" in waiting(cluster, "flaky", "ErrImagePull")["message"]
    ready(cluster, "flaky")
    counts = {e["reason"]: e["count"] for e in cluster.list("events") if e["reason"] == "Pulling"}
    assert counts == {"Pulling": 3}
    registry.faults.clear()


def test_an_upper_case_name_is_an_invalid_image(cluster: LivingCluster) -> None:
    cluster.create("pods", pod("upper", image="127.0.0.1:5000/Team/App:1"))
    assert waiting(cluster, "upper", "InvalidImageName")["message"].endswith(
        "invalid reference format: repository name (Team/App) must be lowercase"
    )


def test_the_image_s_labels_say_how_it_behaves(cluster: LivingCluster, registry: RegistryServer) -> None:
    for tag, labels in (
        ("slow", {"start_seconds": "30"}),
        ("never", {"never_ready": "true", "start_seconds": "0.1"}),
        ("crash", {"crash_exit_code": "3", "start_seconds": "0.05"}),
        ("oom", {"oom": "true", "start_seconds": "0.05"}),
    ):
        push(registry, "team/b", tag, **labels)
        cluster.create("pods", pod(tag, image=f"127.0.0.1:{registry.port}/team/b:{tag}"))
    message = waiting(cluster, "crash", "CrashLoopBackOff")["message"]
    uid = cluster.get("pods", "crash")["metadata"]["uid"]
    assert message == f"back-off 10s restarting failed container=app pod=crash_q({uid})"
    crashed = container(cluster, "crash")
    assert crashed["restartCount"] >= 1
    assert (crashed["lastState"]["terminated"]["exitCode"], crashed["lastState"]["terminated"]["reason"]) == (
        3,
        "Error",
    )
    assert cluster.get("pods", "crash")["status"]["phase"] == "Running"
    assert ("BackOff", f"Back-off restarting failed container app in pod crash_q({uid})") in events(cluster, "crash")
    waiting(cluster, "oom", "CrashLoopBackOff")
    assert container(cluster, "oom")["lastState"]["terminated"]["reason"] == "OOMKilled"
    assert container(cluster, "oom")["lastState"]["terminated"]["exitCode"] == 137
    cluster.wait(lambda: any(reason == "Unhealthy" for reason, _ in events_now(cluster, "never")))
    for name in ("slow", "never"):
        status = cluster.get("pods", name)["status"]
        assert (status["phase"], status["containerStatuses"][0]["ready"]) == ("Running", False)
        condition = next(c for c in status["conditions"] if c["type"] == "Ready")
        assert (condition["reason"], condition["message"]) == (
            "ContainersNotReady",
            "containers with unready status: [app]",
        )


def events_now(cluster: LivingCluster, name: str) -> list[tuple[str, str]]:
    return [(e["reason"], e["message"]) for e in cluster.store.list("events") if e["involvedObject"]["name"] == name]


def test_init_containers_run_before_the_others(cluster: LivingCluster) -> None:
    cluster.create("pods", pod("init", initContainers=[{"name": "i1", "image": "busybox"}]))
    ready(cluster, "init")
    states = [s["status"] for s in cluster.seen("pods", "init") if "initContainerStatuses" in s["status"]]
    assert states[0]["containerStatuses"][0]["state"] == {"waiting": {"reason": "PodInitializing"}}
    initialized = next(c for c in states[0]["conditions"] if c["type"] == "Initialized")
    assert (initialized["status"], initialized["message"]) == ("False", "containers with incomplete status: [i1]")
    assert states[-1]["initContainerStatuses"][0]["state"]["terminated"]["reason"] == "Completed"


def test_a_pod_with_a_command_and_without_restarts_runs_to_its_end(cluster: LivingCluster) -> None:
    task = [{"name": "app", "image": "busybox", "command": ["migrate"]}]
    cluster.create("pods", pod("task", containers=task, restartPolicy="Never"))
    cluster.create(
        "pods", pod("bad", containers=task, restartPolicy="Never", annotations={"sandbox.crash-exit-code": "2"})
    )
    cluster.wait(lambda: found(cluster, "pods", "task")["status"]["phase"] == "Succeeded")
    cluster.wait(lambda: found(cluster, "pods", "bad")["status"]["phase"] == "Failed")


def test_a_missing_config_map_keeps_the_container_from_being_created(cluster: LivingCluster) -> None:
    source = [{"configMapRef": {"name": "absent"}}]
    cluster.create("pods", pod("conf", containers=[{"name": "app", "image": "busybox", "envFrom": source}]))
    assert waiting(cluster, "conf", "CreateContainerConfigError")["message"] == 'configmap "absent" not found'
    metadata = {"name": "absent", "namespace": "q"}
    cluster.create("configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {}})
    ready(cluster, "conf")


def test_a_pod_that_fits_nowhere_says_so_and_is_placed_when_a_node_fits(cluster: LivingCluster) -> None:
    cluster.create("pods", pod("picky", nodeSelector={"disk": "fast"}))

    def refused() -> Obj | None:
        conditions = found(cluster, "pods", "picky")["status"].get("conditions") or [{}]
        return conditions[0] if conditions[0].get("reason") == "Unschedulable" else None

    assert cluster.wait(refused)["message"] == (
        "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. "
        "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."
    )
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "fast", "labels": {"disk": "fast"}}}
    cluster.create("nodes", node)
    ready(cluster, "picky")
    assert cluster.get("pods", "picky")["spec"]["nodeName"] == "fast"


def test_pods_of_a_lost_node_are_not_ready_but_their_containers_are(cluster: LivingCluster) -> None:
    cluster.create("pods", pod("there"))
    ready(cluster, "there")
    node_name = cluster.get("pods", "there")["spec"]["nodeName"]

    def condition(name: str) -> str:
        conditions = found(cluster, "pods", "there")["status"]["conditions"]
        return str(next(c["status"] for c in conditions if c["type"] == name))

    def lose() -> None:
        node = cluster.store.get("nodes", None, node_name)
        assert node is not None
        status = {"conditions": [{"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}]}
        cluster.store.update("nodes", {**node, "status": status}, status_only=True)

    cluster.do(lose)
    cluster.wait(lambda: condition("Ready") == "False")
    assert cluster.do(lambda: condition("ContainersReady")) == "True"


def test_foreground_deletion_waits_for_pods_and_orphans_lose_their_owner(cluster: LivingCluster) -> None:
    for name in ("fore", "orphan"):
        cluster.create("deployments", deployment(name, replicas=1))
        cluster.settled(name, 1)

    def mark(finalizer: str) -> Any:
        stamp = {
            "deletionTimestamp": "2026-11-21T12:00:00Z",
            "deletionGracePeriodSeconds": 0,
            "finalizers": [finalizer],
        }
        return lambda obj: obj["metadata"].update(stamp)

    cluster.change("deployments", "fore", mark("foregroundDeletion"))
    cluster.wait(lambda: cluster.store.get("deployments", "q", "fore") is None)
    left = [p for p in cluster.list("pods") if p["metadata"]["name"].startswith("fore")]
    assert left == []
    cluster.change("deployments", "orphan", mark("orphan"))
    cluster.wait(lambda: cluster.store.get("deployments", "q", "orphan") is None)
    kept = [r for r in cluster.list("replicasets") if r["metadata"]["name"].startswith("orphan")]
    assert len(kept) == 1 and "ownerReferences" not in kept[0]["metadata"]
    assert len([p for p in cluster.list("pods") if p["metadata"]["name"].startswith("orphan")]) == 1


def test_a_second_start_goes_on_with_what_runs(tmp_path: Path) -> None:
    path = tmp_path / "objects.json"
    with serving(LivingCluster(path=path)) as first:
        first.create("deployments", deployment())
        first.settled("web", 3)
        first.create("pods", pod("leaving"))
        ready(first, "leaving")
        first.create("pods", pod("never", annotations={"sandbox.never-ready": "true"}))
        first.wait(lambda: (container(first, "never").get("state") or {}).get("running"))
        first.delete("pods", "leaving")
        before = {p["metadata"]["uid"]: p["status"] for p in first.list("pods")}
    with serving(LivingCluster(path=path)) as second:
        second.wait(lambda: second.store.get("pods", "q", "leaving") is None)
        second.change("deployments", "web", lambda d: d["spec"].update(replicas=4))
        second.settled("web", 4)
        after = {p["metadata"]["uid"]: p["status"] for p in second.list("pods")}
    assert len(before) == 5 and len(after) == 5
    assert all(after[uid] == before[uid] for uid in before.keys() & after.keys())


def test_changing_only_the_digest_rolls_out_and_pods_show_the_new_one(
    cluster: LivingCluster, registry: RegistryServer
) -> None:
    base = f"127.0.0.1:{registry.port}/team/roll"
    first, second = push(registry, "team/roll", "1"), push(registry, "team/roll", "2")
    cluster.create("deployments", deployment(image=f"{base}@{first}"))
    cluster.settled("web", 3)
    cluster.change("deployments", "web", set_image(f"{base}@{second}"))
    cluster.settled("web", 3)
    shown = {
        p["status"]["containerStatuses"][0]["imageID"]
        for p in cluster.list("pods")
        if "deletionTimestamp" not in p["metadata"]
    }
    assert shown == {f"{base}@{second}"}
