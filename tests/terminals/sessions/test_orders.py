"""What ends a session: every cause fires for its own reason and for that one only, and costs no more for fifty."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.people import update_user
from apps.accounts.sessions import end_own_session
from apps.projects.models import Grant
from apps.projects.services.grants import revoke_grant
from apps.terminals.models import TerminalSession
from apps.terminals.services.live import Changed, End, orders
from apps.terminals.services.people import request_end
from apps.tickets.models import Ticket
from tests.support.factories import actor_of
from tests.terminals.sessions.paper import HOST, Room

Act = Callable[[Room, TerminalSession], Any]


def grants(room: Room, session: TerminalSession) -> Any:
    return Grant.objects.filter(user=session.user, environment=session.environment)


def revoke(room: Room, session: TerminalSession) -> None:
    for grant in grants(room, session):
        revoke_grant(grant, actor=actor_of(room.people["root"]))


def lock(room: Room, session: TerminalSession, who: str = "ops", **fields: Any) -> None:
    pair = session.workload.project_environment
    pair.locked_by, pair.lock_reason = room.people[who], "a load test"
    for name, value in fields.items():
        setattr(pair, name, value)
    pair.save()


def cluster(room: Room, **fields: Any) -> None:
    type(room.cluster).objects.filter(pk=room.cluster.pk).update(**fields)


def session_row(session: TerminalSession, **fields: Any) -> None:
    TerminalSession.objects.filter(pk=session.pk).update(**fields)


def ended_by_ops(room: Room, session: TerminalSession) -> None:
    request_end(session, "Stop, please.", actor=actor_of(room.people["ops"]))


def left(room: Room, session: TerminalSession) -> None:
    request_end(session, "", actor=actor_of(session.user))


def archive(room: Room, session: TerminalSession) -> None:
    room.project.archived_at = timezone.now()
    room.project.save()


PLACE = {"project": "book", "environment": "test"}
CAUSES: dict[str, tuple[Act, str, dict[str, Any]]] = {
    "left": (left, "left", {}),
    "ended by ops": (ended_by_ops, "ended_by", {"by": "Chen Hao", "message": "Stop, please."}),
    "disabled": (
        lambda room, session: update_user(session.user_id, {"is_active": False}, actor=actor_of(room.people["root"])),
        "disabled",
        {},
    ),
    "this login ended": (
        lambda room, session: end_own_session(session.user, session.login_id, actor=actor_of(session.user)),
        "signed_out",
        {},
    ),
    "this login ran out": (
        lambda room, session: Session.objects.filter(session_key=session.login.session_key).update(
            expire_date=timezone.now() - timedelta(seconds=1)
        ),
        "signed_out",
        {},
    ),
    "role removed": (revoke, "revoked", {"what": "role", **PLACE}),
    "role expired": (
        lambda room, session: grants(room, session).update(expires_at=timezone.now() - timedelta(seconds=1)),
        "revoked",
        {"what": "role", **PLACE},
    ),
    "project archived": (archive, "revoked", {"what": "project", **PLACE}),
    "environment locked": (
        lock,
        "environment_locked",
        {"environment": "test", "by": "Chen Hao", "reason": "a load test"},
    ),
    "cluster switched off": (
        lambda room, session: cluster(room, is_enabled=False),
        "cluster_withdrawn",
        {"cluster": "lab"},
    ),
    "credential replaced": (
        lambda room, session: cluster(room, credential_set_at=timezone.now()),
        "cluster_withdrawn",
        {"cluster": "lab"},
    ),
    "time is up": (
        lambda room, session: session_row(session, ends_at=timezone.now() - timedelta(seconds=1)),
        "time_limit",
        {"minutes": 30},
    ),
    "never used for an hour": (
        lambda room, session: session_row(session, opened_at=timezone.now() - timedelta(minutes=60, seconds=1)),
        "time_limit",
        {"minutes": 60},
    ),
}


@pytest.mark.parametrize("name", CAUSES)
def test_a_cause_ends_the_session_with_its_own_code_and_leaves_the_neighbour(room: Room, name: str) -> None:
    act, code, params = CAUSES[name]
    session, ids = room.session(), []
    neighbour = room.session("ops", login=room.login("ops"))
    ids = [session.pk, neighbour.pk]
    assert {type(one) for one in orders(HOST, ids).values()} == {Changed}
    act(room, TerminalSession.objects.select_related("login").get(pk=session.pk))
    found = orders(HOST, ids)
    assert found[session.pk] == End(f"terminal.end.{code}", params)
    everybodys = ("project archived", "cluster switched off", "credential replaced")
    assert isinstance(found[neighbour.pk], End) is (name in everybodys)
    assert TerminalSession.objects.get(pk=session.pk).state == "live"  # its process ends it, nobody else


TICKETS: dict[str, tuple[dict[str, Any], str]] = {
    "cancelled": ({"cancel_requested_at": timezone.now()}, "canceled"),
    "over": ({"status": "succeeded"}, "succeeded"),
    "failed": ({"status": "failed"}, "failed"),
    "sent back to its approvers": ({"status": "pending_approval"}, "pending_approval"),
}


@pytest.mark.parametrize("name", TICKETS)
def test_a_session_ends_with_its_ticket(room: Room, name: str) -> None:
    change, status = TICKETS[name]
    ticket = room.ticket()
    session, other = room.session(where="production", ticket=ticket), room.session()
    assert isinstance(orders(HOST, [session.pk])[session.pk], Changed)
    Ticket.objects.filter(pk=ticket.pk).update(**change)
    found = orders(HOST, [session.pk, other.pk])
    assert found[session.pk] == End("terminal.end.ticket_ended", {"ticket": ticket.pk, "status": status})
    assert isinstance(found[other.pk], Changed)


def test_a_role_that_may_not_break_the_glass_does_not_carry_such_a_session(room: Room) -> None:
    session = room.session(where="production", ticket=room.ticket(form={"break_glass": True}), is_break_glass=True)
    assert isinstance(orders(HOST, [session.pk])[session.pk], Changed)
    grants(room, session).update(role="tester")
    params = {"what": "role", "project": "book", "environment": "production"}
    assert orders(HOST, [session.pk])[session.pk] == End("terminal.end.revoked", params)
    TerminalSession.objects.filter(pk=session.pk).update(is_break_glass=False)
    assert isinstance(orders(HOST, [session.pk])[session.pk], Changed)  # a tester may have one with an approval


def test_another_login_that_ends_and_a_password_that_changes_the_key_end_nothing(room: Room) -> None:
    session, elsewhere = room.session(), room.login("dev")
    end_own_session(session.user, elsewhere.pk, actor=actor_of(session.user))
    assert isinstance(orders(HOST, [session.pk])[session.pk], Changed)


def test_ones_own_lock_and_one_that_is_over_end_nothing(room: Room) -> None:
    session = room.session()
    lock(room, session, "dev")
    assert isinstance(orders(HOST, [session.pk])[session.pk], Changed)
    lock(room, session, "ops", locked_until=timezone.now() - timedelta(seconds=1))
    assert isinstance(orders(HOST, [session.pk])[session.pk], Changed)
    lock(room, session, "ops", locked_until=timezone.now() + timedelta(minutes=1))
    assert isinstance(orders(HOST, [session.pk])[session.pk], End)


def test_a_look_says_that_the_process_holds_its_sessions_and_no_others(room: Room) -> None:
    long_ago = timezone.now() - timedelta(seconds=9)
    mine, others = room.session(seen_at=long_ago), room.session(seen_at=long_ago, host="web-2:11:bb")
    found = orders(HOST, [mine.pk, others.pk, 10**9])
    assert TerminalSession.objects.get(pk=mine.pk).seen_at > long_ago
    assert TerminalSession.objects.get(pk=others.pk).seen_at == long_ago
    assert found[others.pk] == found[10**9] == End("terminal.end.host_lost", {})


def test_what_ended_meanwhile_is_told_with_its_own_end(room: Room) -> None:
    session = room.session(
        state="ended", ended_at=timezone.now(), end_code="terminal.end.exited", end_params={"code": 3}
    )
    assert orders(HOST, [session.pk])[session.pk] == End("terminal.end.exited", {"code": 3})


def test_a_session_that_goes_on_is_told_its_end_and_who_watches(room: Room) -> None:
    ends_at = timezone.now() + timedelta(minutes=12)
    session = room.session(ends_at=ends_at, first_used_at=timezone.now(), extended_at=timezone.now())
    session.watchers.create(user=room.people["ops"])
    session.watchers.create(user=room.people["root"], seen_at=timezone.now() - timedelta(seconds=26))
    found = orders(HOST, [session.pk])[session.pk]
    assert isinstance(found, Changed)
    assert (found.ends_at, found.warn_at) == (ends_at, ends_at - timedelta(minutes=5))
    assert (found.extended, found.watchers) == (True, ("Chen Hao",))


def test_fifty_sessions_cost_as_many_statements_as_one(room: Room) -> None:
    ids = [room.session().pk for _ in range(50)]
    with CaptureQueriesContext(connection) as one:
        orders(HOST, ids[:1])
    with CaptureQueriesContext(connection) as fifty:
        assert len(orders(HOST, ids)) == 50
    assert len(one) == len(fifty) == 8
