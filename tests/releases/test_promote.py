"""A promote from the verdict to two data centres: what it waits for, waves, partial failure, retry; the truth is in
the clusters' journals."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.common.errors import Conflict
from apps.releases.models import Release, Rollout
from apps.tickets.models import Ticket
from apps.tickets.services.running import retry_ticket
from tests.releases.hand import SLUG, Cluster, Hand, Outside, commit, wishes
from tests.support.story import Company


def image_of(company: Company, release: Release) -> str:
    return f"{company.sandbox.world.registry_host}/shop/{SLUG}:{release.tag}@{release.digest}"


def results(ticket: Ticket) -> dict[str, str]:
    rows = Rollout.objects.filter(ticket=ticket)
    return dict(rows.values_list("workload__placement__cluster__name", "result"))


def steps(ticket: Ticket) -> dict[str, str]:
    return {f"{s.name} {s.target.partition('/')[0]}".strip(): s.status for s in ticket.steps.all()}


def test_a_promote_waits_for_the_tester_then_for_ops_then_patches_dc1_before_dc2(
    company: Company, hand: Hand, outside: Outside
) -> None:
    release = hand.released()
    outside.mark()
    ticket = hand.promote(release)
    assert (ticket.status, ticket.approvals_needed) == ("pending_confirmation", 1)
    hand.say(release, "passed")
    ticket.refresh_from_db()
    assert ticket.status == "pending_approval"
    assert outside.changed() == []
    company.approve(ticket)
    hand.drive(ticket, until=hand.step_is(ticket, "await_rollout", target=f"dc1/{SLUG}"))
    assert (outside.patched("dc1"), outside.patched("dc2")) == ([image_of(company, release)], [])
    ticket = hand.drive(ticket)
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    assert outside.changed() == [("cluster dc1", "deployments.patch"), ("cluster dc2", "deployments.patch")]
    assert outside.patched("dc2") == [image_of(company, release)]
    assert results(ticket) == {"dc1": "succeeded", "dc2": "succeeded"}
    for name in ("dc1", "dc2"):
        status = Cluster(company, name).deployment()["status"]
        assert (status["updatedReplicas"], status["availableReplicas"]) == (2, 2)
    assert not ticket.slots.exists()


@pytest.fixture
def tight_dc1(company: Company) -> Iterator[dict[str, object]]:
    """dc1 has no room for one pod more, until the test frees it."""
    state: dict[str, object] = {"free": Cluster(company, "dc1").quota(pods=2)}
    yield state
    free = state.pop("free", None)
    if callable(free):
        free()


def test_a_failing_dc1_stops_dc2_and_a_retry_touches_only_what_is_unfinished(
    company: Company, hand: Hand, outside: Outside, tight_dc1: dict[str, object]
) -> None:
    release = hand.passed()
    ticket = hand.promote(release)
    company.approve(ticket)
    outside.mark()
    ticket = hand.drive(ticket)
    assert ticket.status == "failed"
    assert ticket.reason is not None
    assert ticket.reason["code"] == "rollout.quota_exceeded"
    assert results(ticket) == {"dc1": "failed"}
    assert steps(ticket) == {
        "take_slot": "succeeded",
        "start": "succeeded",
        "patch_image dc1": "succeeded",
        "await_rollout dc1": "failed",
        "patch_image dc2": "skipped",
        "await_rollout dc2": "skipped",
    }
    assert outside.changed() == [("cluster dc1", "deployments.patch")]
    assert not ticket.slots.exists()
    free = tight_dc1.pop("free")
    assert callable(free)
    free()
    outside.mark()
    ticket = hand.drive(retry_ticket(ticket, actor=company.actor("developer")))
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    # dc1 already has the image: it is only awaited again.
    assert outside.changed() == [("cluster dc2", "deployments.patch")]
    assert results(ticket) == {"dc1": "succeeded", "dc2": "succeeded"}


def test_a_failing_dc2_is_never_called_success_and_its_retry_leaves_dc1_alone(
    company: Company, hand: Hand, outside: Outside
) -> None:
    release = hand.passed()
    ticket = hand.promote(release)
    company.approve(ticket)
    hand.drive(ticket, until=hand.step_is(ticket, "patch_image", "due", target=f"dc2/{SLUG}"))
    free = Cluster(company, "dc2").quota(pods=2)
    try:
        ticket = hand.drive(ticket)
        assert ticket.status == "failed"
        assert results(ticket) == {"dc1": "succeeded", "dc2": "failed"}
    finally:
        free()
    outside.mark()
    key = ticket.steps.get(name="await_rollout", target=f"dc1/{SLUG}").call_key
    ticket = hand.drive(retry_ticket(ticket, actor=company.actor("ops")))
    assert (ticket.status, results(ticket)) == ("succeeded", {"dc1": "succeeded", "dc2": "succeeded"})
    assert ticket.steps.get(name="await_rollout", target=f"dc1/{SLUG}").call_key == key
    assert outside.patched("dc1") == []


def test_a_retry_is_refused_once_a_later_ticket_of_the_slot_has_started(
    company: Company, hand: Hand, tight_dc1: dict[str, object]
) -> None:
    release = hand.passed()
    first = hand.promote(release)
    company.approve(first)
    assert hand.drive(first).status == "failed"
    free = tight_dc1.pop("free")
    assert callable(free)
    free()
    second = hand.promote(release)
    company.approve(second)
    assert hand.drive(second).status == "succeeded"
    with pytest.raises(Conflict) as refused:
        retry_ticket(first, actor=company.actor("developer"))
    expected = {"code": "ticket.later_started", "params": {"ticket": first.pk, "later": second.pk}}
    assert refused.value.as_reason() == expected


def test_an_image_that_never_gets_ready_fails_with_the_pod_named(company: Company, hand: Hand) -> None:
    commit(company, "never-ready", wishes(never_ready=True))
    cluster = Cluster(company, "test-1")
    cluster.patch({"spec": {"progressDeadlineSeconds": 1}})
    try:
        ticket = hand.drive(company.file("release", "developer", SLUG, "test", ref="never-ready"))
    finally:
        cluster.patch({"spec": {"progressDeadlineSeconds": 60}})
    assert ticket.status == "failed"
    assert ticket.reason is not None
    assert ticket.reason["code"] == "rollout.pod_not_ready"
    assert ticket.reason["params"]["pod"].startswith(f"{SLUG}-")
    assert ticket.reason["params"]["replicas"] == 2
    rollout = Rollout.objects.get(ticket=ticket)
    assert (rollout.result, rollout.reason) == ("failed", ticket.reason)
    release = Release.objects.get(ticket=ticket)
    pods = [p for p in cluster.server.store.list("pods", "test") if release.digest in str(p["spec"])]
    assert ticket.reason["params"]["pod"] in {p["metadata"]["name"] for p in pods}


def test_a_crashing_image_fails_with_its_exit_code(company: Company, hand: Hand) -> None:
    commit(company, "crashing", wishes(crash_exit_code=3))
    cluster = Cluster(company, "test-1")
    cluster.patch({"spec": {"progressDeadlineSeconds": 1}})
    try:
        ticket = hand.drive(company.file("release", "developer", SLUG, "test", ref="crashing"))
    finally:
        cluster.patch({"spec": {"progressDeadlineSeconds": 60}})
    assert ticket.status == "failed"
    assert ticket.reason is not None
    params = ticket.reason["params"]
    assert (ticket.reason["code"], params["reason"], params["exit_code"]) == (
        "rollout.pod_fails",
        "CrashLoopBackOff",
        3,
    )


def test_a_compile_error_fails_in_the_stage_compile_and_patches_nothing(
    company: Company, hand: Hand, outside: Outside
) -> None:
    commit(company, "broken", wishes(compile_error={"file": "App.java", "line": 7, "message": "';' expected"}))
    outside.mark()
    ticket = hand.drive(company.file("release", "developer", SLUG, "test", ref="broken"))
    build = ticket.builds.get()
    assert (ticket.status, ticket.reason) == (
        "failed",
        {
            "code": "build.failed",
            "params": {
                "job": SLUG,
                "number": build.number,
                "result": "FAILURE",
                "stage": "compile",
                "build": build.pk,
            },
        },
    )
    assert [s["name"] for s in build.stages] == ["pull", "prepare", "compile"]
    assert all(server in ("gitlab", "jenkins") for server, _ in outside.changed())


def test_two_releases_build_side_by_side_and_the_later_filed_one_is_what_runs_in_the_end(
    company: Company, hand: Hand, outside: Outside
) -> None:
    first = company.file("release", "developer", SLUG, "test", ref="main")
    second = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(first, second)
    builds = [kind for _, kind in outside.changed() if kind in ("build.start", "build.end")]
    assert builds == ["build.start", "build.start", "build.end", "build.end"]
    assert {t.status for t in Ticket.objects.filter(pk__in=[first.pk, second.pk])} <= {"succeeded", "superseded"}
    last = image_of(company, Release.objects.get(ticket=second))
    assert Cluster(company, "test-1").image() == last
    assert outside.patched("test-1")[-1] == last
