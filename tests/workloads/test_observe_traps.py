"""What a living cluster shows that must not be taken for the fate of our change (D20): yesterday's deadline, dead pods."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.workloads.observe import deadline_before, judge, see
from apps.workloads.picture import DEPLOYMENTS, PODS, Picture
from apps.workloads.selectors import as_query, selects
from tests.support.cluster import LivingCluster, deployment, found, reason, set_image
from tests.support.servers import serving
from tests.workloads.objects import KEY, NEW, OLD, pod, seen
from tests.workloads.objects import deployment as raw_deployment

Obj = dict[str, Any]
GOOD, BAD = "nginx:1", "127.0.0.1:1/no/such:1"


@pytest.fixture
def cluster() -> Iterator[LivingCluster]:
    with serving(LivingCluster(scale=1.0)) as running:
        yield running


def wait(cluster: LivingCluster, check: Callable[[], Any], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while not (is_so := cluster.do(check)):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)
    return is_so


def test_the_deadline_of_the_stuck_rollout_is_not_the_roll_backs(cluster: LivingCluster) -> None:
    """With one replica the old condition stands at the new generation until the stuck pod has gone."""

    def progress(wanted: str) -> Callable[[], bool]:
        return lambda: wanted in reason(found(cluster, "deployments", "web").get("status", {}), "Progressing")

    cluster.create("deployments", deployment("web", replicas=1, image=GOOD, progressDeadlineSeconds=1))
    wait(cluster, progress("NewReplicaSetAvailable"))
    cluster.change("deployments", "web", set_image(BAD))
    wait(cluster, progress("ProgressDeadlineExceeded"))
    before = cluster.get("deployments", "web")
    mark = len(cluster.history)
    generation = cluster.change("deployments", "web", set_image(GOOD))["metadata"]["generation"]
    wait(cluster, progress("NewReplicaSetAvailable"))
    shown = [obj for _, resource, obj in cluster.history[mark:] if resource == "deployments"]
    shown = [obj for obj in shown if obj["status"].get("observedGeneration", 0) >= generation]
    views = [see(obj, [], "app", KEY) for obj in shown]
    naive = [judge(view, digest="", generation=generation).state for view in views]
    stale = deadline_before(before)
    told = [judge(view, digest="", generation=generation, stale_deadline=stale).state for view in views]
    assert stale
    assert "failed" in naive  # the trap is there
    assert set(told) == {"moving"}  # no pods were handed in: arrived is another test's


def test_a_deadline_that_passed_after_our_change_fails_it() -> None:
    late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
    raw = raw_deployment(ready=2, conditions=[{**late, "lastUpdateTime": "2026-01-01T00:00:09Z"}])
    assert judge(seen(raw, []), digest=NEW, generation=7, stale_deadline="2026-01-01T00:00:01Z").state == "failed"
    assert judge(seen(raw, []), digest=NEW, generation=7).state == "failed"


@pytest.mark.parametrize("phase", ["Failed", "Succeeded"])
def test_pods_that_ended_are_nobodys_replica_and_hold_nothing_up(phase: str) -> None:
    def ended(name: str, digest: str) -> Obj:
        raw = pod(name, digest, ready=False)
        return {**raw, "status": {**raw["status"], "phase": phase, "reason": "Evicted", "message": "low on memory"}}

    running = [pod("p1"), pod("p2"), pod("p3")]
    view = seen(raw_deployment(), [*running, ended("o1", OLD), ended("p0", NEW)])
    assert judge(view, digest=NEW, generation=7).state == "done"
    assert [(p.name, p.reason, p.message) for p in view.pods if p.ended] == [
        ("o1", "Evicted", "low on memory"),
        ("p0", "Evicted", "low on memory"),
    ]


EXPRESSIONS = [
    {"key": "app", "operator": "In", "values": ["web", "shop"]},
    {"key": "track", "operator": "NotIn", "values": ["canary"]},
    {"key": "tier", "operator": "Exists"},
    {"key": "legacy", "operator": "DoesNotExist"},
]


def test_a_selector_of_expressions_is_asked_and_tested_alike() -> None:
    selector = {"matchLabels": {"team": "a"}, "matchExpressions": EXPRESSIONS}
    assert as_query(selector) == "team=a,app in (web,shop),track notin (canary),tier,!legacy"
    good = {"team": "a", "app": "web", "tier": "front"}
    assert selects(selector, good) is True
    others: list[Obj] = [{"team": "b"}, {"app": "else"}, {"track": "canary"}, {"legacy": "yes"}]
    assert [selects(selector, {**good, **other}) for other in others] == [False] * 4
    assert selects(selector, {"team": "a", "app": "web"}) is False
    assert selects({}, {"app": "web"}) is False


def test_the_picture_finds_the_pods_of_a_deployment_that_selects_by_expressions() -> None:
    raw = {"metadata": {"namespace": "q", "name": "web"}, "spec": {"selector": {"matchExpressions": EXPRESSIONS[:1]}}}
    pods = [{"metadata": {"namespace": "q", "name": n, "labels": {"app": n}}} for n in ("web", "shop", "other")]
    picture = Picture(namespaces={"q"})
    picture.replace(DEPLOYMENTS, [raw])
    picture.replace(PODS, pods)
    assert [p["metadata"]["name"] for p in picture.pods_of(raw)] == ["web", "shop"]
