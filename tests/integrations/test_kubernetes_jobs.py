"""Jobs, logs, quotas and nodes through the cluster's adapter, in a stand-in that lives; and what is pure of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from apps.common.errors import NotFound, Rejected
from apps.integrations.kubernetes.capacity import node_of
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.kubernetes.ownership import with_live_image
from apps.integrations.kubernetes.paths import path_of
from apps.integrations.kubernetes.statuses import from_status
from apps.integrations.kubernetes.types import Quota
from apps.integrations.loop import run
from apps.sandbox.kubernetes.server import KubernetesServer
from tests.integrations.kubernetes_support import KEY, NS, OTHER_KEY, TOKENS, Obj, client, deployment, raw
from tests.support.servers import serving

T = TypeVar("T")
FAST: Any = {"pod_start_seconds": 0.05, "progress_seconds_scale": 0.02}


# -- the living cluster -----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def living() -> Iterator[Kubernetes]:
    with serving(KubernetesServer(None, name="dc1", data_centre="east", tokens=TOKENS, **FAST)) as running:
        made = client(running)
        raw(made, "POST", path_of("namespaces"), {"metadata": {"name": NS}})
        yield made


def wait_for(look: Callable[[], T | None], seconds: float = 20) -> T:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"nothing within {seconds} s")


def job(name: str, **annotations: str) -> Obj:
    container = {"name": "app", "image": "busybox:1", "command": ["migrate"]}
    told = {f"sandbox.{key}".replace("_", "-"): value for key, value in annotations.items()}
    template = {
        "metadata": {"annotations": told},
        "spec": {"restartPolicy": "Never", "containers": [container]},
    }
    metadata = {"name": name, "namespace": NS}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {"backoffLimit": 0, "template": template},
    }


def test_a_quota_tells_what_is_used_and_before_it_is_counted_what_is_allowed(living: Kubernetes) -> None:
    assert run(living.read_quota("kube-public"), 5) == []
    obj = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "rq", "namespace": NS}}
    hard = {"pods": "20", "limits.memory": "4096Mi"}
    run(living.apply({**obj, "spec": {"hard": hard}}, key=KEY), 5)
    told = {"pods": "20", "limits.memory": "4Gi"}
    counted = wait_for(lambda: [q for q in run(living.read_quota(NS), 5) if q.used])
    assert counted == [Quota("rq", told, {"pods": "0", "limits.memory": "0"})]
    uid = run(living.get_object("resourcequotas", NS, "rq"), 5)["metadata"]["uid"]
    run(living.delete_object("resourcequotas", NS, "rq", uid=uid), 5)


def test_nodes_come_with_zone_room_and_taints(living: Kubernetes) -> None:
    nodes = run(living.list_nodes(), 5)
    assert [n.name for n in nodes] == ["dc1-node-1", "dc1-node-2", "dc1-node-3"]
    first = nodes[0]
    assert (first.ready, first.unschedulable, first.taints, first.kubelet) == (True, False, [], "v1.33.13")
    assert (first.cpu, first.memory, first.pods) == ("8", "32Gi", "110")
    assert first.zone == first.labels["topology.kubernetes.io/zone"] == "east"


def test_a_node_that_went_silent_is_neither_ready_nor_not_and_is_read_within_bounds() -> None:
    silent = {
        "metadata": {"name": "n", "labels": {f"l{n:04}": "x" * 900 for n in range(900)} | {"rack": "r7"}},
        "spec": {"unschedulable": True, "taints": [{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}]},
        "status": {"conditions": [{"type": "Ready", "status": "Unknown"}], "allocatable": {"cpu": None}},
    }
    node = node_of(silent)
    assert (node.ready, node.unschedulable, node.cpu, node.memory) == (None, True, "", "")
    assert (node.taints[0].key, node.taints[0].value) == ("node.kubernetes.io/unreachable", "")
    assert (len(node.labels), max(len(v) for v in node.labels.values())) == (200, 256)
    assert node_of({"metadata": {"name": "m", "labels": {"rack": "r7"}}}, "rack").rack == "r7"


def test_a_job_runs_once_under_its_key_and_its_log_is_read(living: Kubernetes) -> None:
    begun = run(living.run_job(job("migrate"), key=KEY), 5)
    again = run(living.run_job(job("migrate"), key=KEY), 5)
    assert again.uid == begun.uid
    ended = wait_for(lambda: _ended(living, "migrate"))
    assert (ended.state, ended.uid, ended.key, ended.pods["succeeded"]) == ("succeeded", begun.uid, KEY, 1)
    (pod,) = run(living.list_pods(NS, "job-name=migrate"), 5)
    log = run(living.read_log(NS, pod["metadata"]["name"], "app"), 5)
    lines = log.text.splitlines()
    assert (lines[-1], log.is_cut) == ("done", False)
    last = run(living.read_log(NS, pod["metadata"]["name"], "app", tail_lines=1), 5)
    assert (last.text, last.is_cut) == ("done\n", False)
    cut = run(living.read_log(NS, pod["metadata"]["name"], "app", limit_bytes=3), 5)
    assert (cut.text, cut.is_cut) == (log.text[:3], True)
    with pytest.raises(Rejected) as caught:
        run(living.run_job(job("migrate"), key=OTHER_KEY), 5)
    assert (caught.value.code, caught.value.params["object"]) == ("kubernetes.job_taken", "migrate")
    assert len(run(living.list_pods(NS, "job-name=migrate"), 5)) == 1


def test_a_job_that_fails_says_so_and_is_not_started_again(living: Kubernetes) -> None:
    run(living.run_job(job("broken", crash_exit_code="3"), key=KEY), 5)
    ended = wait_for(lambda: _ended(living, "broken"))
    assert (ended.state, ended.reason) == ("failed", "BackoffLimitExceeded")
    assert run(living.run_job(job("broken", crash_exit_code="3"), key=KEY), 5).state == "failed"
    assert len(run(living.list_pods(NS, "job-name=broken"), 5)) == 1


def test_a_container_that_waits_has_no_log_yet_and_a_missing_pod_is_named(living: Kubernetes) -> None:
    stuck = {"containers": [{"name": "app", "image": "127.0.0.1:1/no/such:1"}]}
    raw(living, "POST", path_of("pods", NS), {"metadata": {"name": "stuck"}, "spec": stuck})
    wait_for(lambda: run(living.get_object("pods", NS, "stuck"), 5)["status"].get("containerStatuses"))
    with pytest.raises(Rejected) as caught:
        run(living.read_log(NS, "stuck", "app"), 5)
    assert (caught.value.code, caught.value.retryable) == ("kubernetes.log_not_yet", True)
    with pytest.raises(NotFound) as missing:
        run(living.read_log(NS, "nothing", "app"), 5)
    assert missing.value.code == "kubernetes.pod_missing"


def _ended(cluster: Kubernetes, name: str) -> Any:
    found = run(cluster.read_job(NS, name), 5)
    return found if found.state != "active" else None


def test_an_autoscaler_of_a_cluster_without_metrics_says_so(living: Kubernetes) -> None:
    run(living.apply(deployment(), key=KEY), 5)
    spec = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "maxReplicas": 3}
    scaler = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": spec}
    run(living.apply({**scaler, "metadata": {"name": "web", "namespace": NS}}, key=KEY), 5)

    def look() -> list[Obj] | None:
        status = run(living.get_object("horizontalpodautoscalers", NS, "web"), 5)["status"]
        return status.get("conditions")

    assert [(c["type"], c["status"], c["reason"]) for c in wait_for(look)] == [
        ("AbleToScale", "True", "SucceededGetScale"),
        ("ScalingActive", "False", "FailedGetResourceMetric"),
    ]


# -- pure -------------------------------------------------------------------------------------------------
def test_the_live_image_is_carried_into_the_named_container_only() -> None:
    wanted, live = deployment("reg/web:new"), deployment("reg/web:live")
    wanted["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": "reg/side:2"})
    carried = with_live_image(wanted, live, "app")
    images = [c["image"] for c in carried["spec"]["template"]["spec"]["containers"]]
    assert images == ["reg/web:live", "reg/side:2"]
    assert wanted["spec"]["template"]["spec"]["containers"][0]["image"] == "reg/web:new"
    assert with_live_image(wanted, None, "app") == wanted
    with pytest.raises(ValueError):
        with_live_image(wanted, live, "typo")


def test_the_live_image_of_a_cron_job_is_found_in_its_job_template() -> None:
    def cron(image: str) -> Obj:
        pod = {"spec": {"containers": [{"name": "app", "image": image}]}}
        return {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": pod}}}}

    assert with_live_image(cron("reg/web:new"), cron("reg/web:live"), "app") == cron("reg/web:live")


@pytest.mark.parametrize(
    ("status", "code", "retryable", "params"),
    [
        ({"code": 500, "message": 'Internal error occurred: failed calling webhook "policy.lan": Post: refused'}, "kubernetes.webhook_unreachable", True, {"webhook": "policy.lan"}),
        ({"code": 403, "message": 'pods "p" is forbidden: status unknown for quota: rq, resources: pods'}, "kubernetes.quota_not_counted", True, {}),
        ({"code": 500, "message": "etcdserver: request is too large"}, "kubernetes.too_large", False, {}),
        ({"code": 422, "message": "ValidatingAdmissionPolicy 'no-latest' with binding 'all' denied request: tag"}, "kubernetes.admission_refused", False, {"webhook": "no-latest"}),
        ({"code": 400, "message": 'failed to create typed patch object (n/w; /v1, Kind=Service): .spec.x: field not declared in schema'}, "kubernetes.unknown_field", False, {"paths": ["spec.x"], "said": ""}),
        ({"code": 400, "message": 'Job in version "v1" cannot be handled as a Job: strict decoding error: unknown field "spec.a", unknown field "spec.b"'}, "kubernetes.unknown_field", False, {"paths": ["spec.a", "spec.b"]}),
        ({"code": 422, "details": {"causes": [{"reason": "FieldValueTooLong", "field": "metadata.annotations", "message": "Too long"}]}}, "kubernetes.invalid", False, {"path": "metadata.annotations"}),
        ({"code": 422, "details": {"causes": [{"field": "spec.clusterIPs[0]", "message": "may not change once set"}]}}, "kubernetes.immutable_field", False, {"paths": ["spec.clusterIPs[0]"]}),
        ({"code": 409, "details": {"causes": [{"reason": "FieldManagerConflict", "field": ".data.a", "message": 'conflict with "helm" using v1 at 2026-11-21T11:15:55Z'}]}}, "kubernetes.apply_conflict", False, {"fields_owned": ["data.a (helm)"]}),
    ],
)  # fmt: skip
def test_a_refusal_has_its_own_word(status: Obj, code: str, retryable: bool, params: Obj) -> None:
    error = from_status(status, {"system": "Kubernetes", "name": "dc1", "what": "x"}, lambda text: text[:300])
    assert error is not None
    assert (error.code, error.retryable, error.unknown) == (code, retryable, False)
    assert {key: error.params[key] for key in params} == params


def test_another_500_stays_unknown_to_the_adapter_for_its_write_may_have_been_done() -> None:
    assert from_status({"code": 500, "message": "etcdserver: request timed out"}, {}, str) is None
