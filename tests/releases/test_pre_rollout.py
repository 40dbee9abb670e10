"""A command of the new image before its rollout (R15): once, awaited, its log kept; behind a failure nothing rolls out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db.models.functions import Now

from apps.common.errors import Conflict
from apps.integrations.kubernetes.types import STEP_KEY
from apps.releases import urls  # noqa: F401 - joins this room to previews
from apps.releases.models import Release, Rollout
from apps.releases.steps import prerollout
from apps.tickets import registry
from apps.tickets.models import Step, Ticket
from apps.tickets.preview import preview
from apps.tickets.registry import Filing
from apps.tickets.services.running import cancel_ticket, retry_ticket
from apps.workloads.rendering.prerollout import KEPT_SECONDS
from tests.releases.bare import configured, swept
from tests.releases.hand import SLUG, Cluster, Hand, Outside, commit, wishes
from tests.support.sandbox import fault
from tests.support.story import Company

Json = dict[str, Any]
MIGRATE = {"command": ["./migrate", "--up", "$(HOME)"], "timeout_seconds": 60}
JOBS = "/apis/batch/v1/namespaces/{}/jobs"


@pytest.fixture
def ready(company: Company, hand: Hand, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    """Its configuration in test has a pre-rollout Job."""
    configured(company, hand, take_over=True, pre_rollout=MIGRATE)
    yield company
    for server in company.sandbox.servers.values():
        server.faults.clear()
    for name in company.sandbox.clusters:
        swept(company, name)


def release(company: Company, ref: str = "main") -> Ticket:
    return company.file("release", "developer", SLUG, "test", ref=ref)


def step_of(ticket: Ticket, name: str = "run_pre_rollout", cluster: str = "test-1") -> Step:
    return ticket.steps.get(name=name, target=f"{cluster}/{SLUG}")


def said(step: Step) -> Json:
    """What the step's output says."""
    assert step.output is not None
    return step.output


def jobs(company: Company, name: str = "test-1") -> list[Json]:
    cluster = Cluster(company, name)
    return list(cluster.call("GET", JOBS.format(cluster.namespace))["items"])


def of_cluster(outside: Outside) -> list[str]:
    return [kind for server, kind in outside.changed() if server.startswith("cluster")]


def at_job(hand: Hand, ticket: Ticket) -> None:
    """Until the Job is made and known."""
    found = ticket.steps.filter(name="run_pre_rollout", output__uid__isnull=False)
    hand.drive(ticket, until=lambda: found.all().exists())


def test_the_job_of_the_new_image_ends_before_the_image_is_patched_and_its_log_is_kept(
    ready: Company, hand: Hand, outside: Outside
) -> None:
    ticket = hand.drive(release(ready))
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    assert of_cluster(outside) == ["jobs.create", "deployments.patch"]
    step, patch = step_of(ticket), step_of(ticket, "patch_image")
    assert (step.order, patch.order) == (0, 1)
    (job,) = jobs(ready)
    version = Release.objects.get(ticket=ticket)
    container = job["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == Cluster(ready, "test-1").image()
    assert container["image"].endswith(version.digest)
    assert container["command"] == ["./migrate", "--up", "$$(HOME)"]
    assert (job["spec"]["backoffLimit"], job["spec"]["activeDeadlineSeconds"]) == (0, 60)
    assert job["metadata"]["annotations"][STEP_KEY] == step.call_key
    assert job["spec"]["ttlSecondsAfterFinished"] == KEPT_SECONDS
    output = said(step)
    assert (output["job"], output["uid"]) == (job["metadata"]["name"], job["metadata"]["uid"])
    assert (output["state"], output["exit_code"], output["log_is_cut"]) == ("succeeded", 0, False)
    assert output["log"].splitlines()[-1] == "done"
    assert step.finished_at and patch.started_at
    assert step.finished_at <= patch.started_at


def test_a_plan_has_the_step_only_where_the_configuration_has_the_job(
    company: Company, hand: Hand, outside: Outside
) -> None:
    configured(company, hand, take_over=True)
    outside.mark()
    ticket = hand.drive(release(company))
    assert ticket.status == "succeeded"
    assert not ticket.steps.filter(name="run_pre_rollout").exists()
    assert of_cluster(outside) == ["deployments.patch"]
    swept(company, "test-1")


def test_a_job_that_fails_fails_the_ticket_and_no_image_is_touched(
    ready: Company, hand: Hand, outside: Outside
) -> None:
    before = Cluster(ready, "test-1").image()
    commit(ready, "broken-migration", wishes(crash_exit_code=3))
    outside.mark()
    ticket = hand.drive(release(ready, "broken-migration"))
    step = step_of(ticket)
    params = {"job": said(step)["job"], "cluster": "test-1", "reason": "BackoffLimitExceeded", "exit_code": 3}
    assert (ticket.status, step.status) == ("failed", "failed")
    assert ticket.reason is not None
    assert ticket.reason["code"] == "pre_rollout.failed"
    assert {**ticket.reason["params"], "said": ""} == {**params, "said": ""}
    assert (of_cluster(outside), Cluster(ready, "test-1").image()) == (["jobs.create"], before)
    assert said(step)["log"]
    assert step_of(ticket, "patch_image").status == "skipped"
    assert not Rollout.objects.filter(ticket=ticket).exists()
    # A person's retry is another attempt, and so another Job.
    retry_ticket(ticket, actor=ready.actor("developer"))
    assert hand.drive(ticket).status == "failed"
    names = {job["metadata"]["annotations"][STEP_KEY].rpartition(".")[2] for job in jobs(ready)}
    assert (len(jobs(ready)), names) == (2, {"1", "2"})


def test_a_call_without_an_answer_is_found_by_its_key_and_runs_once(
    ready: Company, hand: Hand, outside: Outside
) -> None:
    ticket = release(ready)
    hand.drive(ticket, until=hand.step_is(ticket, "take_slot"))
    outside.mark()
    fault(ready.sandbox.clusters["test-1"], "jobs.create", "accept_then_drop", times=1)
    ended = hand.drive(ticket, hurry=True)
    assert (ended.status, ended.reason) == ("succeeded", None)
    assert of_cluster(outside) == ["jobs.create", "deployments.patch"]
    assert len(jobs(ready)) == 1


def test_a_retry_behind_a_job_that_succeeded_does_not_run_it_again(
    ready: Company, hand: Hand, outside: Outside
) -> None:
    ticket = release(ready)
    hand.drive(ticket, until=hand.step_is(ticket, "run_pre_rollout"))
    fault(ready.sandbox.clusters["test-1"], "deployments.patch", "status", status=403, times=1)
    assert hand.drive(ticket).status == "failed"
    retry_ticket(Ticket.objects.get(pk=ticket.pk), actor=ready.actor("developer"))
    assert hand.drive(ticket).status == "succeeded"
    assert len(jobs(ready)) == 1


def test_a_cancel_deletes_the_running_job_by_its_uid_and_nothing_rolls_out(
    ready: Company, hand: Hand, outside: Outside
) -> None:
    before = Cluster(ready, "test-1").image()
    commit(ready, "slow-migration", wishes(start_seconds=120))
    ticket = release(ready, "slow-migration")
    at_job(hand, ticket)
    assert len(jobs(ready)) == 1
    outside.mark()
    cancel_ticket(Ticket.objects.get(pk=ticket.pk), reason="wrong ref", actor=ready.actor("developer"))
    ended = hand.drive(ticket, seconds=60)
    assert (ended.status, ended.reason) == (
        "failed",
        {"code": "ticket.aborted", "params": {"name": "developer", "comment": "wrong ref"}},
    )
    assert (step_of(ticket).status, said(step_of(ticket))["state"]) == ("canceled", "stopped")
    assert (jobs(ready), of_cluster(outside)[:1]) == ([], ["jobs.delete"])
    assert "deployments.patch" not in of_cluster(outside)
    pods = Cluster(ready, "test-1").call("GET", "/api/v1/namespaces/test/pods?labelSelector=job-name")["items"]
    assert (pods, Cluster(ready, "test-1").image()) == ([], before)


def test_a_job_past_its_deadline_is_said_so(ready: Company, hand: Hand, outside: Outside) -> None:
    configured(ready, hand, based_on=1, take_over=True, pre_rollout={**MIGRATE, "timeout_seconds": 1})
    commit(ready, "endless-migration", wishes(start_seconds=120))
    outside.mark()
    ticket = hand.drive(release(ready, "endless-migration"))
    reason = {
        "code": "pre_rollout.deadline",
        "params": {"job": jobs(ready)[0]["metadata"]["name"], "cluster": "test-1"},
    }
    reason["params"]["seconds"] = 1  # type: ignore[index]
    assert (ticket.status, ticket.reason) == ("failed", reason)
    assert of_cluster(outside) == ["jobs.create"]


def test_a_job_that_nobody_ends_is_stopped_by_the_portal(
    ready: Company, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(ready, "forgotten-migration", wishes(start_seconds=120))
    ticket = release(ready, "forgotten-migration")
    at_job(hand, ticket)
    monkeypatch.setattr(prerollout, "PATIENCE_SECONDS", -60.0)
    ended = hand.drive(ticket, seconds=60)
    assert ended.reason is not None
    assert (ended.status, ended.reason["code"], jobs(ready)) == ("failed", "pre_rollout.deadline", [])


def test_a_job_that_somebody_deleted_is_never_made_again(ready: Company, hand: Hand, outside: Outside) -> None:
    commit(ready, "lost-migration", wishes(start_seconds=120))
    ticket = release(ready, "lost-migration")
    at_job(hand, ticket)
    outside.mark()
    (job,) = jobs(ready)
    cluster = Cluster(ready, "test-1")
    cluster.call("DELETE", f"{JOBS.format('test')}/{job['metadata']['name']}?propagationPolicy=Background")
    ended = hand.drive(ticket)
    params = {"job": job["metadata"]["name"], "cluster": "test-1"}
    assert (ended.status, ended.reason) == ("errored", {"code": "pre_rollout.gone", "params": params})
    assert (jobs(ready), of_cluster(outside)) == ([], ["jobs.delete"])


def test_a_call_so_old_that_what_it_made_may_have_been_removed_is_not_made_again(
    ready: Company, hand: Hand, outside: Outside
) -> None:
    ticket = release(ready)
    hand.drive(ticket, until=hand.step_is(ticket, "take_slot"))
    step = step_of(ticket)
    long_ago = Now() - timedelta(seconds=KEPT_SECONDS)
    Step.objects.filter(pk=step.pk).update(intent={"job": "x"}, attempt=1, started_at=long_ago)
    outside.mark()
    ended = hand.drive(ticket)
    assert ended.reason is not None
    assert (ended.status, ended.reason["code"]) == ("errored", "pre_rollout.gone")
    assert (jobs(ready), of_cluster(outside)) == ([], [])


def test_a_roll_back_runs_no_job(ready: Company, hand: Hand, outside: Outside) -> None:
    older = hand.released()
    hand.released()
    outside.mark()
    ticket = ready.file("roll_back", "ops", SLUG, "test", release=older.tag, reason="orders fail since then")
    ended = hand.drive(ticket)
    assert (ended.status, ended.reason) == ("succeeded", None)
    assert of_cluster(outside) == ["deployments.patch"]
    assert "pre_rollout" not in (ticket.fingerprint_content or {})["targets"][0]


def test_behind_a_later_configuration_a_failed_rollout_is_not_retried_with_another_command(
    ready: Company, hand: Hand, outside: Outside
) -> None:
    fault(ready.sandbox.clusters["test-1"], "deployments.patch", "status", status=403, times=1)
    ticket = hand.drive(release(ready))
    assert ticket.status == "failed"
    configured(ready, hand, based_on=1, take_over=True, pre_rollout={**MIGRATE, "command": ["drop"]})
    outside.mark()
    with pytest.raises(Conflict, match=r"ticket\.later_started"):
        retry_ticket(ticket, actor=ready.actor("developer"))
    assert of_cluster(outside) == []


def test_a_promote_runs_it_in_each_data_centre_and_its_command_is_what_was_approved(
    company: Company, hand: Hand
) -> None:
    version = hand.passed()
    configured(company, hand, "production", take_over=True, pre_rollout=MIGRATE)
    ticket = hand.promote(version)
    assert ticket.fingerprint_content is not None
    assert [one["pre_rollout"] for one in ticket.fingerprint_content["targets"]] == [MIGRATE, MIGRATE]
    filing = Filing(
        company.projects[SLUG], company.environments["production"], {"release": version.tag}, company.actor("developer")
    )
    told = {"level": "warn", "code": "preview.pre_rollout", "params": {"commands": ["./migrate --up $(HOME)"]}}
    assert told in preview(registry.KINDS["promote"], filing)["findings"]
    company.approve(ticket)
    ended = hand.drive(ticket)
    assert (ended.status, ended.reason) == ("succeeded", None)
    lines = list(ended.steps.exclude(target="").order_by("wave", "order").values_list("wave", "target", "name"))
    names = ("run_pre_rollout", "patch_image", "await_rollout")
    assert lines == [(wave, f"dc{wave}/{SLUG}", name) for wave in (1, 2) for name in names]
    assert [len(jobs(company, name)) for name in ("dc1", "dc2")] == [1, 1]
    for name in ("dc1", "dc2"):
        swept(company, name)


@pytest.mark.usefixtures("ready")
def test_a_job_that_joined_the_configuration_since_the_filing_needs_another_ticket(
    company: Company, hand: Hand, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = release(company)
    configured(company, hand, based_on=1, take_over=True)
    outside.mark()
    ended = hand.drive(ticket)
    assert (ended.status, ended.reason) == (
        "failed",
        {"code": "release.pre_rollout_changed", "params": {"environment": "test"}},
    )
    assert of_cluster(outside) == []


def test_a_long_log_is_kept_as_its_end(ready: Company, hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prerollout, "KEPT_CHARACTERS", 5)
    monkeypatch.setattr(settings.CONFIG, "rollout_recheck_seconds", 0.05)
    ticket = hand.drive(release(ready))
    output = said(step_of(ticket))
    assert (output["log"], output["log_is_cut"]) == ("done\n", True)
