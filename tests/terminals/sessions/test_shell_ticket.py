"""The emergency shell's ticket: one approval, or a broken glass that is reviewed; held open while it may be used."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from pydantic import SecretStr

from apps.audit.models import AuditEvent
from apps.projects.models import Environment
from apps.terminals.models import TerminalSession
from apps.terminals.services import live
from apps.tickets.models import Ticket
from apps.tickets.services.running import cancel_ticket, retry_ticket
from tests.releases.hand import SLUG, Hand
from tests.support.factories import actor_of
from tests.support.story import Company
from tests.terminals.sessions.paper import HOST
from tests.terminals.sessions.web import REASON, SESSIONS, browser, key_of, wanted, workload_on
from tests.tickets.web import TICKETS, body, signed_in, told

pytestmark = pytest.mark.django_db(transaction=True)


def form(**more: Any) -> dict[str, Any]:
    return {"workload": workload_on("dc1").pk, "minutes": 20, "break_glass": False, "reason": REASON, **more}


def filed(company: Company, who: str = "developer", **more: Any) -> Ticket:
    return company.file("emergency_shell", who, SLUG, "production", **form(**more))


def connected(company: Company, ticket: Ticket, cluster: str = "dc1", who: str = "developer") -> TerminalSession:
    """A shell under the ticket, opened and connected."""
    client = browser(company.people[who])
    answer = client.post(SESSIONS, wanted(cluster, ticket=ticket.pk))
    assert answer.status_code == 201, answer.json()
    made = answer.json()
    live.redeem(made["id"], made["claim"], key_of(client), host=HOST)
    live.note_opened(made["id"], HOST, "/bin/sh")
    return TerminalSession.objects.get(pk=made["id"])


def test_one_approval_by_somebody_else_lets_its_requester_in_and_nobody_else(company: Company, hand: Hand) -> None:
    ticket = filed(company)
    assert (ticket.status, ticket.approvals_needed, ticket.takes_slot) == ("pending_approval", 1, False)
    client = browser(company.people["developer"])
    answer = client.post(SESSIONS, wanted("dc1", ticket=ticket.pk))
    assert told(answer) == (409, "terminal.needs_approval")
    assert answer.json()["detail"].startswith(f"Ticket #{ticket.pk} does not let you in: it is waiting for approval.")
    company.approve(ticket)
    assert told(browser(company.people["ops"]).post(SESSIONS, wanted("dc1", ticket=ticket.pk)))[1] == (
        "terminal.ticket_not_yours"
    )
    hand.drive(ticket, until=hand.step_is(ticket, "start"))
    session = connected(company, ticket, "dc2")
    assert (session.ticket, session.minutes, session.is_break_glass) == (ticket, 20, False)
    live.note_first_use(session.pk)
    live.note_ended(session.pk, "terminal.end.left")
    ended = hand.drive(ticket)
    assert (ended.status, ended.reason) == ("succeeded", None)
    assert ended.steps.get(name="hold_open").output == {"used": True, "sessions": 1}
    assert told(client.post(SESSIONS, wanted("dc1", ticket=ticket.pk)))[1] == "terminal.needs_approval"


def test_its_requester_does_not_approve_it(company: Company) -> None:
    ticket = filed(company, "ops")
    answer = signed_in(company.people["ops"]).post(
        f"{TICKETS}{ticket.pk}/approvals/", {"decision": "approve", "fingerprint": ticket.fingerprint}
    )
    assert told(answer) == (403, "policy.not_requester")


def test_a_broken_glass_lets_in_at_once_and_ops_have_it_in_the_inbox_and_owe_a_review(
    company: Company, hand: Hand
) -> None:
    ticket = filed(company, break_glass=True)
    assert (ticket.status, ticket.approvals_needed, ticket.requires_review, ticket.is_emergency) == (
        "queued",
        0,
        True,
        True,
    )
    session = connected(company, ticket)  # no worker has seen the ticket yet
    assert session.is_break_glass

    def inbox(who: str) -> list[tuple[int, str]]:
        answer = signed_in(company.people[who]).get("/api/v1/inbox").json()
        return [(line["id"], line["needs"]) for line in answer["results"]]

    assert inbox("ops") == inbox("ops2") == [(ticket.pk, "emergency")]
    assert inbox("developer") == inbox("tester") == inbox("stranger") == []
    live.note_first_use(session.pk)
    live.note_ended(session.pk, "terminal.end.exited", {"code": 0}, 0)
    assert hand.drive(ticket).status == "succeeded"
    assert inbox("ops") == [(ticket.pk, "review")]
    assert inbox("developer") == []


def test_ops_are_mailed_once_when_mail_is_configured(
    company: Company, hand: Hand, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    monkeypatch.setattr(settings.CONFIG, "mail_url", SecretStr("smtp://mail.invalid"))
    for name in ("ops", "ops2"):
        company.people[name].email = f"{name}@example.com"
        company.people[name].save()
    ticket = filed(company, break_glass=True)
    hand.drive(ticket, until=hand.step_is(ticket, "tell_ops"))
    assert sorted(message.to[0] for message in mail.outbox) == ["ops2@example.com", "ops@example.com"]
    assert mail.outbox[0].subject == f"developer broke the glass in {SLUG} production"
    assert REASON in mail.outbox[0].body
    assert f"/tickets/{ticket.pk}" in mail.outbox[0].body
    assert ticket.steps.get(name="tell_ops").output == {"mailed": 2, "unsent": {}}


@pytest.mark.parametrize("who", ["tester", "owner", "stranger"])
def test_who_may_not_break_the_glass_files_nothing(company: Company, who: str) -> None:
    answer = signed_in(company.people[who]).post(
        TICKETS,
        body("emergency_shell", company.projects[SLUG], company.environments["production"], **form(break_glass=True)),
    )
    assert told(answer) in ((403, "policy.needs_role"), (404, "not_found"))
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("policy", ["open", "ticket"])
def test_where_the_policy_has_no_break_glass_it_cannot_be_broken(company: Company, policy: str) -> None:
    Environment.objects.filter(slug="production").update(shell_policy=policy)
    company.environments["production"].refresh_from_db()
    answer = signed_in(company.people["developer"]).post(
        TICKETS,
        body("emergency_shell", company.projects[SLUG], company.environments["production"], **form(break_glass=True)),
    )
    assert told(answer) == (409, "terminal.no_break_glass")


@pytest.mark.parametrize(
    "wrong", [{"minutes": 61}, {"minutes": 4}, {"reason": "because"}, {"workload": 10**9}, {"shell": "/bin/sh"}]
)
def test_a_form_that_is_wrong_files_nothing(company: Company, wrong: dict[str, Any]) -> None:
    answer = signed_in(company.people["developer"]).post(
        TICKETS, body("emergency_shell", company.projects[SLUG], company.environments["production"], **form(**wrong))
    )
    assert told(answer) == (400, "invalid")
    assert not Ticket.objects.exists()


def test_a_workload_of_another_environment_is_refused(company: Company) -> None:
    answer = signed_in(company.people["developer"]).post(
        TICKETS,
        body(
            "emergency_shell",
            company.projects[SLUG],
            company.environments["test"],
            **form(workload=workload_on("dc1").pk),
        ),
    )
    assert told(answer) == (400, "invalid")


def test_a_cancelled_ticket_waits_until_its_last_shell_is_closed(company: Company, hand: Hand) -> None:
    ticket = filed(company, break_glass=True)
    session = connected(company, ticket)
    hand.drive(ticket, until=hand.step_is(ticket, "hold_open", "waiting"))
    cancel_ticket(Ticket.objects.get(pk=ticket.pk), reason="Enough.", actor=company.actor("ops"))
    order = live.orders(HOST, [session.pk])[session.pk]
    assert order == live.End("terminal.end.ticket_ended", {"ticket": ticket.pk, "status": "canceled"})
    hand.drive(ticket, until=lambda: ticket.steps.filter(name="hold_open", visits__gte=2).exists())
    assert Ticket.objects.get(pk=ticket.pk).status == "running"
    live.note_ended(session.pk, order.code, order.params)
    assert hand.drive(ticket, hurry=True).status == "canceled"


def test_a_used_broken_glass_that_is_cancelled_is_still_reviewed_and_not_retried(company: Company, hand: Hand) -> None:
    ticket = filed(company, break_glass=True)
    session = connected(company, ticket)
    live.note_first_use(session.pk)
    hand.drive(ticket, until=hand.step_is(ticket, "hold_open", "waiting"))
    cancel_ticket(Ticket.objects.get(pk=ticket.pk), actor=company.actor("ops"))
    live.note_ended(session.pk, "terminal.end.ticket_ended", {"ticket": ticket.pk, "status": "canceled"})
    ended = hand.drive(ticket, hurry=True)
    assert (ended.status, ended.reason["code"]) == ("failed", "ticket.aborted")
    lines = signed_in(company.people["ops"]).get("/api/v1/inbox").json()["results"]
    assert [(line["id"], line["needs"]) for line in lines] == [(ticket.pk, "review")]
    retry_ticket(ended, actor=company.actor("ops"))
    again = hand.drive(ended)
    assert (again.status, again.reason["code"]) == ("failed", "emergency_shell.used_up")


def test_a_shell_that_broke_off_may_be_opened_again_while_the_time_lasts(company: Company, hand: Hand) -> None:
    ticket = filed(company, break_glass=True)
    session = connected(company, ticket)
    ends_at = live.note_first_use(session.pk)
    live.note_ended(session.pk, "terminal.end.network")
    hand.drive(ticket, until=hand.step_is(ticket, "hold_open", "waiting"))
    again = connected(company, ticket)
    assert live.note_first_use(again.pk) == ends_at
    TerminalSession.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    live.note_ended(again.pk, "terminal.end.host_lost")
    assert hand.drive(ticket, hurry=True).status == "succeeded"
    assert told(browser(company.people["developer"]).post(SESSIONS, wanted("dc1", ticket=ticket.pk)))[1] == (
        "terminal.needs_approval"
    )


def test_a_ticket_that_nobody_uses_for_an_hour_is_over(company: Company, hand: Hand) -> None:
    ticket = filed(company)
    company.approve(ticket)
    hand.drive(ticket, until=hand.step_is(ticket, "hold_open", "waiting"))
    ticket.steps.filter(name="hold_open").update(started_at=timezone.now() - timedelta(minutes=59))
    hand.drive(ticket, until=lambda: ticket.steps.filter(name="hold_open", visits__gte=2).exists(), hurry=True)
    assert Ticket.objects.get(pk=ticket.pk).status == "running"
    ticket.steps.filter(name="hold_open").update(started_at=timezone.now() - timedelta(minutes=61))
    ended = hand.drive(ticket, hurry=True)
    assert (ended.status, ended.steps.get(name="hold_open").output) == ("succeeded", {"used": False})


def test_what_was_asked_stands_on_the_card_and_in_the_trail(company: Company) -> None:
    ticket = filed(company, break_glass=True)
    card = signed_in(company.people["ops"]).get(f"{TICKETS}{ticket.pk}/").json()
    assert card["change"]["reason"] == REASON
    assert card["change"]["minutes"] == 20
    assert AuditEvent.objects.filter(
        action="ticket.filed", actor_id=actor_of(company.people["developer"]).user_id
    ).exists()
