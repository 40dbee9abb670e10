"""Jobs, quota and quantities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apps.sandbox.kubernetes import quota
from apps.sandbox.kubernetes.errors import ApiError
from apps.sandbox.kubernetes.quantity import Quantity
from apps.sandbox.kubernetes.store import Store
from tests.support.cluster import LivingCluster, found, pod
from tests.support.servers import serving

Obj = dict[str, Any]


@pytest.fixture
def cluster() -> Iterator[LivingCluster]:
    with serving(LivingCluster()) as running:
        yield running


# -- jobs -----------------------------------------------------------------------------------------------------
def job(name: str, **spec: Any) -> Obj:
    container = {"name": "app", "image": "busybox", "command": ["migrate"]}
    template = {"metadata": {}, "spec": {"containers": [container], "restartPolicy": "Never"}}
    metadata = {"name": name, "namespace": "q"}
    spec = {"backoffLimit": 1, "completions": 1, "parallelism": 1, "template": template, **spec}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}


def finished(cluster: LivingCluster, name: str) -> Obj:
    def check() -> Obj | None:
        status: Obj = found(cluster, "jobs", name).get("status") or {}
        return status if status.get("conditions") else None

    return cluster.wait(check)


def test_a_job_is_complete_when_its_pod_has_succeeded(cluster: LivingCluster) -> None:
    cluster.create("jobs", job("migrate"))
    status = finished(cluster, "migrate")
    assert (status["succeeded"], "active" in status, "failed" in status) == (1, False, False)
    assert [c["type"] for c in status["conditions"]] == ["SuccessCriteriaMet", "Complete"]
    cluster.delete("jobs", "migrate")
    cluster.wait(lambda: not cluster.store.list("pods", "q"))


def test_a_job_that_fails_too_often_is_failed(cluster: LivingCluster) -> None:
    wanted = job("broken")
    wanted["spec"]["template"]["metadata"]["annotations"] = {"sandbox.crash-exit-code": "1"}
    cluster.create("jobs", wanted)
    status = finished(cluster, "broken")
    assert (status["failed"], "succeeded" in status) == (2, False)
    assert status["conditions"][-1]["reason"] == "BackoffLimitExceeded"


# -- quota ----------------------------------------------------------------------------------------------------
def quota_store(**hard: str) -> Store:
    store = Store()
    metadata = {"name": "rq", "namespace": "q"}
    spec = {"hard": {k.replace("__", "."): v for k, v in hard.items()}}
    store.create("resourcequotas", {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": spec})
    return store


def sized(name: str, **resources: dict[str, str]) -> Obj:
    return pod(name, containers=[{"name": "c", "image": "busybox", "resources": resources}])


def refusal(store: Store, asked: Obj) -> str:
    with pytest.raises(ApiError) as caught:
        quota.admit_pod(store, asked)
    assert (caught.value.code, caught.value.details) == (403, {"name": asked["metadata"]["name"], "kind": "pods"})
    return caught.value.message


def test_a_quota_names_everything_that_is_exceeded() -> None:
    store = quota_store(pods="2", limits__memory="256Mi", requests__cpu="500m")
    for name in ("a", "b"):
        asked = sized(name, limits={"memory": "64Mi"}, requests={"cpu": "100m"})
        quota.admit_pod(store, asked)
        store.create("pods", asked)
    assert refusal(store, sized("p1", limits={"memory": "1Gi"}, requests={"cpu": "2"})) == (
        'pods "p1" is forbidden: exceeded quota: rq, requested: limits.memory=1Gi,pods=1,requests.cpu=2, '
        "used: limits.memory=128Mi,pods=2,requests.cpu=200m, limited: limits.memory=256Mi,pods=2,requests.cpu=500m"
    )


def test_a_quota_demands_what_it_counts() -> None:
    store = quota_store(limits__memory="256Mi", requests__cpu="500m")
    assert refusal(store, sized("p1")) == (
        'pods "p1" is forbidden: failed quota: rq: must specify limits.memory for: c; requests.cpu for: c'
    )


@pytest.mark.parametrize(
    ("terms", "total"),
    [
        (["1Gi", "1Mi"], "1025Mi"),
        (["100m", "900m"], "1"),
        (["1500m"], "1500m"),
        (["1e3"], "1k"),
        (["0.5"], "500m"),
        (["128Mi", "0"], "128Mi"),
    ],
)
def test_quantities_add_up_exactly(terms: list[str], total: str) -> None:
    amount = Quantity()
    for term in terms:
        amount += Quantity.parse(term)
    assert str(amount) == total
