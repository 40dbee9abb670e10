"""When a target has arrived, when it is on its way, and when it never will (D20), as a table."""

from __future__ import annotations

from typing import Any

import pytest

from apps.workloads.models import ObservedDeployment
from apps.workloads.observe import container_image, digest_of, judge
from tests.workloads.objects import NEW, OLD, deployment, image, pod, seen

THREE = [pod("p1"), pod("p2"), pod("p3")]
OLD_THREE = [pod("o1", OLD), pod("o2", OLD), pod("o3", OLD)]
PROGRESSED = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}


def quota(message: str) -> dict[str, str]:
    return {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}


def test_all_replicas_run_the_digest_seen_at_our_generation() -> None:
    found = judge(seen(deployment(), THREE), digest=NEW, generation=7)
    assert (found.state, found.code, found.notes) == ("done", "", ())


def test_a_later_generation_than_ours_counts_too() -> None:
    assert judge(seen(deployment(observed=9, generation=9), THREE), digest=NEW, generation=7).state == "done"


@pytest.mark.parametrize(
    ("raw", "pods", "code", "params"),
    [
        # the status still tells of the generation before: yesterday's success is not today's
        (deployment(observed=6), THREE, "rollout.not_observed", {"generation": 7, "seen": 6}),
        (deployment(observed=6), OLD_THREE, "rollout.not_observed", {"generation": 7, "seen": 6}),
        ({**deployment(), "status": {}}, [], "rollout.not_observed", {"generation": 7, "seen": 0}),
        # counters
        (
            deployment(ready=2, available=2),
            THREE,
            "rollout.replicas",
            {"updated": 3, "ready": 2, "available": 2, "replicas": 3},
        ),
        (
            deployment(updated=0),
            OLD_THREE,
            "rollout.replicas",
            {"updated": 0, "ready": 3, "available": 3, "replicas": 3},
        ),
        (deployment(total=4), THREE, "rollout.replicas", {"updated": 3, "ready": 3, "available": 3, "replicas": 3}),
        (deployment(available=2), THREE, "rollout.replicas", {"updated": 3, "ready": 3, "available": 2, "replicas": 3}),
        # all is counted, but somebody of yesterday still answers requests
        (deployment(), [*THREE, pod("o1", OLD, ending=True)], "rollout.old_pods", {"pods": ["o1"], "count": 1}),
        (deployment(), [*THREE, pod("o1", OLD)], "rollout.old_pods", {"pods": ["o1"], "count": 1}),
        (deployment(), THREE[:2], "rollout.pods_listed", {"pods": 2, "replicas": 3}),
        (deployment(), [*THREE[:2], pod("p3", ending=True)], "rollout.pods_listed", {"pods": 2, "replicas": 3}),
        # scaled down to nothing, but not there yet
        (
            deployment(replicas=0, total=1, ready=1),
            [pod("p1", ending=True)],
            "rollout.replicas",
            {"updated": 0, "ready": 1, "available": 0, "replicas": 0},
        ),
    ],
)
def test_it_is_still_moving(raw: Any, pods: Any, code: str, params: dict[str, Any]) -> None:
    found = judge(seen(raw, pods), digest=NEW, generation=7)
    assert (found.state, found.code, found.params) == ("moving", code, params)


@pytest.mark.parametrize(
    ("raw", "pods", "code", "params"),
    [
        (deployment(image=image(OLD)), OLD_THREE, "rollout.image_replaced", {"image": image(OLD), "digest": NEW}),
        (
            deployment(image="registry.local/shop/book:t2"),
            THREE,
            "rollout.image_replaced",
            {"image": "registry.local/shop/book:t2", "digest": NEW},
        ),
        (deployment(paused=True, updated=0), OLD_THREE, "rollout.paused", {}),
        (
            deployment(updated=1, conditions=[quota('pods "x" is forbidden: exceeded quota: q')]),
            THREE,
            "rollout.quota_exceeded",
            {"said": 'pods "x" is forbidden: exceeded quota: q'},
        ),
        (
            deployment(updated=1, conditions=[quota("admission webhook said no")]),
            THREE,
            "rollout.pods_refused",
            {"said": "admission webhook said no"},
        ),
        (
            deployment(updated=1, conditions=[PROGRESSED]),
            [*OLD_THREE, pod("n1", ready=False, waiting="ImagePullBackOff", message="not found")],
            "rollout.image_pull",
            {"pod": "n1", "reason": "ImagePullBackOff", "said": "not found", "exit_code": None},
        ),
        (
            deployment(updated=1, conditions=[PROGRESSED]),
            [pod("n1", ready=False, waiting="CrashLoopBackOff", restarts=4)],
            "rollout.pod_fails",
            {"pod": "n1", "reason": "CrashLoopBackOff", "said": "", "exit_code": None},
        ),
        (
            deployment(updated=1, conditions=[PROGRESSED]),
            [pod("n1", ready=False, unscheduled="0/3 nodes are available")],
            "rollout.unschedulable",
            {"pod": "n1", "said": "0/3 nodes are available"},
        ),
        (
            deployment(updated=1, ready=2, conditions=[PROGRESSED]),
            # an old pod's trouble is not this rollout's
            [pod("o1", OLD, ready=False, waiting="CrashLoopBackOff")],
            "rollout.deadline_exceeded",
            {"ready": 2, "updated": 1, "replicas": 3},
        ),
        (
            deployment(),
            [*THREE[:2], pod("p3", image_id=f"registry.local/shop/book@{OLD}")],
            "rollout.other_image_runs",
            {"pod": "p3", "image_id": f"registry.local/shop/book@{OLD}", "digest": NEW},
        ),
    ],
)
def test_it_will_not_arrive(raw: Any, pods: Any, code: str, params: dict[str, Any]) -> None:
    found = judge(seen(raw, pods), digest=NEW, generation=7)
    assert (found.state, found.code, found.params) == ("failed", code, params)


def test_a_failure_of_the_generation_before_is_not_ours() -> None:
    raw = deployment(OLD, observed=6, paused=True, conditions=[PROGRESSED, quota("exceeded quota: q")])
    assert judge(seen(raw, OLD_THREE), digest=NEW, generation=7).code == "rollout.not_observed"


def test_a_bare_config_id_is_noted_and_does_not_fail() -> None:
    bare = pod("p3", image_id="sha256:" + "c" * 64)
    found = judge(seen(deployment(), [*THREE[:2], bare]), digest=NEW, generation=7)
    assert (found.state, len(found.notes)) == ("done", 1)
    assert (found.notes[0]["code"], found.notes[0]["params"]["pod"]) == ("rollout.image_id_bare", "p3")


def test_no_replicas_are_wanted_and_none_are_there() -> None:
    assert judge(seen(deployment(replicas=0), []), digest=NEW, generation=7).state == "done"


def test_only_the_named_container_counts() -> None:
    raw = deployment()
    raw["spec"]["template"]["spec"]["containers"].insert(0, {"name": "side", "image": "envoy:1"})
    assert container_image(raw, "app") == image(NEW)
    assert container_image(raw, "none") == ""
    assert judge(seen(raw, THREE), digest=NEW, generation=7).state == "done"


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (image(NEW), NEW),
        (f"docker-pullable://x@{NEW}", NEW),
        ("registry:5000/a:1", ""),
        (NEW, ""),
        ("a@sha512:ff", ""),
        ("", ""),
    ],
)
def test_a_digest_is_read_only_where_a_repository_stands_before_it(text: str, digest: str) -> None:
    assert digest_of(text) == digest


def test_what_was_stored_is_judged_like_what_was_seen() -> None:
    first = seen(deployment(), [*THREE, pod("o1", OLD, ending=True)])
    row = ObservedDeployment(**ObservedDeployment.fields_of(first))
    assert row.as_seen() == first
    assert (row.digest, row.step_key, row.replicas_wanted) == (NEW, "k.1", 3)


def test_what_a_newer_version_wrote_beside_it_is_left_alone() -> None:
    first = seen(deployment(), THREE)
    row = ObservedDeployment(**ObservedDeployment.fields_of(first))
    row.pods = [{**stored, "invented_later": "x"} for stored in row.pods]
    assert row.as_seen() == first
