"""The emergency brake against running stand-ins: the journals say that nothing new goes out, whenever it is pulled."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection

from apps.integrations import models as outside_rows
from apps.releases.models import Build, Release, Rollout
from apps.tickets.models import Brake, Step, Ticket
from apps.tickets.services.braking import pull_brake, release_brake
from apps.tickets.services.running import cancel_ticket
from tests.releases.hand import SLUG, Hand, Outside
from tests.support.sandbox import fault
from tests.support.story import Company

pytestmark = pytest.mark.slow
WHY = "Orders come in twice."
BEFORE_INTENT = ("create_tag", "ensure_job", "start_build", "patch_image")
WRITES = {"create_tag": "gitlab", "ensure_job": "jenkins", "start_build": "jenkins", "patch_image": "cluster test-1"}


def pull(company: Company, cluster: str = "") -> Brake:
    row = outside_rows.Cluster.objects.get(name=cluster) if cluster else None
    return pull_brake(row, reason=WHY, actor=company.actor("ops"))


def release(company: Company, brake: Brake) -> None:
    release_brake(brake, actor=company.actor("ops2"))


def is_held(ticket: Ticket, name: str, target: str = "") -> Callable[[], bool]:
    found = ticket.steps.filter(name=name, status="waiting", reason__code__startswith="brake.on")
    return lambda: (found.filter(target=target) if target else found).all().exists()


def asked(company: Company, outside: Outside, *but: str) -> list[tuple[str, str]]:
    """(server, kind) of each accepted call since the mark that changes something: what came over the wire, not what a
    server did by itself (`but`: servers that others write to, as Jenkins to the registry). A running build may clone at
    any moment: Git reads with POST."""
    return [
        (name, entry.kind)
        for name, server in company.sandbox.servers.items()
        for entry in server.journal.find(accepted=True, since=outside.marks[name])
        if name not in but
        and entry.kind != "git.upload-pack"
        and entry.method not in ("", "GET", "HEAD")
        and not entry.detail.get("dry_run")
    ]


def stand_still(hand: Hand, *tickets: Ticket) -> None:
    """Let the engine and the poller look again and again."""
    end = time.monotonic() + 0.6
    hand.drive(*tickets, until=lambda: time.monotonic() > end, hurry=True)


@pytest.mark.parametrize("name", BEFORE_INTENT)
def test_pulled_between_the_look_and_the_write_nothing_goes_out_and_a_release_goes_on(
    company: Company, hand: Hand, outside: Outside, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulled: list[Brake] = []

    def at(point: str, step: Step) -> None:
        if not pulled and (point, step.name) == ("before_intent", name):
            pulled.append(pull(company))
            outside.mark()

    monkeypatch.setattr("apps.tickets.visit._checkpoint", at)
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=is_held(ticket, name))
    step = ticket.steps.get(name=name)
    assert (step.intent, step.troubles, step.lease_until) == (None, 0, None)
    stand_still(hand, ticket)
    assert asked(company, outside) == []
    assert not Build.objects.filter(ticket=ticket, state="asked").exists()
    assert Ticket.objects.get(pk=ticket.pk).frozen_at is None
    release(company, pulled[0])
    ticket = hand.drive(ticket)
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    went_out = [server for server, _ in asked(company, outside)]
    assert WRITES[name] in went_out
    assert len(outside.patched("test-1")) == 1
    assert Build.objects.filter(ticket=ticket).count() == 1


def test_what_runs_outside_is_watched_and_awaited_while_the_brake_is_on(
    company: Company, hand: Hand, outside: Outside
) -> None:
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=lambda: Build.objects.filter(ticket=ticket, state="running").exists())
    brake = pull(company)
    outside.mark()
    hand.drive(ticket, until=is_held(ticket, "resolve_digest"))
    assert ticket.steps.get(name="await_build").status == "succeeded"
    assert Build.objects.get(ticket=ticket).result == "SUCCESS"
    assert asked(company, outside, "registry") == []
    release(company, brake)
    assert hand.drive(ticket).status == "succeeded"


def test_a_rollout_under_way_is_awaited_to_its_end_and_the_next_wave_is_held(
    company: Company, hand: Hand, outside: Outside
) -> None:
    ticket = hand.promote(hand.passed())
    company.approve(ticket)
    hand.drive(ticket, until=lambda: ticket.steps.filter(name="patch_image", status="succeeded").exists())
    brake = pull(company)
    hand.drive(ticket, until=lambda: ticket.steps.filter(name="patch_image", reason__code="brake.on").exists())
    stand_still(hand, ticket)
    assert (len(outside.patched("dc1")), outside.patched("dc2")) == (1, [])
    assert Rollout.objects.get(ticket=ticket, workload__placement__cluster__name="dc1").result == "succeeded"
    release(company, brake)
    ticket = hand.drive(ticket)
    assert (ticket.status, len(outside.patched("dc1")), len(outside.patched("dc2"))) == ("succeeded", 1, 1)


def test_a_brake_on_one_cluster_lets_the_other_go_on(company: Company, hand: Hand, outside: Outside) -> None:
    brake = pull(company, "dc2")
    ticket = hand.promote(hand.passed())
    company.approve(ticket)
    hand.drive(ticket, until=is_held(ticket, "patch_image", f"dc2/{SLUG}"))
    stand_still(hand, ticket)
    assert (len(outside.patched("dc1")), outside.patched("dc2")) == (1, [])
    reason = ticket.steps.get(name="patch_image", target=f"dc2/{SLUG}").reason
    assert reason is not None
    assert (reason["code"], reason["params"]["scope"]) == ("brake.on_cluster", "dc2")
    release(company, brake)
    assert hand.drive(ticket).status == "succeeded"
    assert len(outside.patched("dc2")) == 1


def test_a_roll_back_is_held_too_until_the_cluster_s_brake_is_released(
    company: Company, hand: Hand, outside: Outside
) -> None:
    hand.promoted()
    before = Release.objects.get(is_built_here=False)
    brakes = [pull(company, name) for name in ("dc1", "dc2")]
    outside.mark()
    back = company.file("roll_back", "ops", SLUG, "production", release=before.tag, reason="it loses orders")
    company.approve(back, "ops2")
    hand.drive(back, until=is_held(back, "patch_image"))
    stand_still(hand, back)
    assert (outside.patched("dc1"), outside.patched("dc2")) == ([], [])
    for brake in brakes:
        release(company, brake)
    assert hand.drive(back).status == "succeeded"
    assert (len(outside.patched("dc1")), len(outside.patched("dc2"))) == (1, 1)


@pytest.mark.parametrize(
    ("kind", "server", "name", "cluster"),
    [("build.trigger", "jenkins", "start_build", ""), ("deployments.patch", "cluster test-1", "patch_image", "test-1")],
)
def test_a_call_that_was_taken_without_an_answer_is_found_by_its_key_under_the_brake(
    company: Company,
    hand: Hand,
    outside: Outside,
    kind: str,
    server: str,
    name: str,
    cluster: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Looked up, not repeated: the step ends while the brake is on, and what it began is watched."""
    script = fault(company.sandbox.servers[server], kind, "accept_then_drop")
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    begun = ticket.steps.filter(name=name, intent__isnull=False, troubles=1)
    hand.drive(ticket, until=lambda: begun.all().exists())
    assert script not in company.sandbox.servers[server].faults.unused()
    brake = pull(company, cluster)
    outside.mark()
    hand.drive(ticket, until=hand.step_is(ticket, name), hurry=True)
    assert [call for call in asked(company, outside) if call[0] == server] == []
    release(company, brake)
    assert hand.drive(ticket).status == "succeeded"
    assert [call for call in asked(company, outside) if call == (server, kind)] == []


def test_a_cancel_settles_under_the_brake_what_waits_in_jenkins_is_taken_out(
    company: Company, hand: Hand, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.CONFIG, "lost_seconds", 0.1)
    jenkins = company.sandbox.jenkins
    jenkins.controller.quieting_down = True
    try:
        ticket = company.file("release", "developer", SLUG, "test", ref="main")
        hand.drive(ticket, until=hand.step_is(ticket, "start_build"))
        pull(company)
        outside.mark()
        cancel_ticket(Ticket.objects.get(pk=ticket.pk), reason="no", actor=company.actor("developer"))
        ticket = hand.drive(ticket, hurry=True)
    finally:
        jenkins.controller.quieting_down = False
    assert ticket.status == "canceled"
    assert jenkins.controller.waiting() == []
    assert set(asked(company, outside)) == {("jenkins", "queue.cancel")}


def test_the_answer_to_a_pull_comes_after_the_last_call_in_the_journal(
    company: Company, hand: Hand, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that was announced is on its way: the pull waits for it, and nothing follows."""
    answered: list[list[tuple[str, str]]] = []
    threads: list[threading.Thread] = []

    def pull_and_look() -> None:
        try:
            pull(company)
            answered.append(asked(company, outside))
        finally:
            connection.close()

    def at(point: str, step: Step) -> None:
        if not threads and (point, step.name) == ("after_intent", "create_tag"):
            threads.append(threading.Thread(target=pull_and_look))
            threads[0].start()
            end = time.monotonic() + 5
            while not Brake.objects.exists():
                assert time.monotonic() < end
                time.sleep(0.01)
            time.sleep(0.2)
            assert answered == []

    monkeypatch.setattr("apps.tickets.visit._checkpoint", at)
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=is_held(ticket, "ensure_job"))
    threads[0].join(10)
    assert answered == [asked(company, outside)]
    assert [server for server, _ in answered[0]] == ["gitlab"]
    assert settings.CONFIG.lease_seconds > 5
    release(company, Brake.objects.get())
    assert hand.drive(ticket).status == "succeeded"
