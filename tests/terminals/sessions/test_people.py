"""What people do to a session: read, watch, extend, end; who may, what is audited, and what strangers see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.audit.models import AuditEvent
from apps.terminals.models import TerminalSession
from apps.terminals.services import live
from tests.support.factories import grant
from tests.terminals.sessions.paper import HOST, Room
from tests.terminals.sessions.web import SESSIONS
from tests.tickets.web import refusals, signed_in, told

DEEDS: dict[str, Any] = {"end": {"message": "Stop, please."}, "extend": {"minutes": 15}, "watch": None}


def at(session: TerminalSession, deed: str = "") -> str:
    return f"{SESSIONS}{session.pk}/{deed}/" if deed else f"{SESSIONS}{session.pk}/"


def as_(room: Room, who: str) -> APIClient:
    return signed_in(room.people[who])


@pytest.mark.parametrize(
    ("who", "deed", "status", "code"),
    [
        ("stranger", "end", 404, "not_found"),
        ("stranger", "extend", 404, "not_found"),
        ("stranger", "watch", 404, "not_found"),
        ("tester", "end", 403, "policy.needs_role"),
        ("tester", "extend", 403, "policy.needs_role"),
        ("tester", "watch", 403, "policy.needs_role"),
        ("dev", "extend", 403, "policy.not_requester"),
        ("dev", "watch", 409, "terminal.own_watch"),
        ("root", "extend", 403, "policy.needs_role"),
    ],
)
def test_who_may_not_changes_nothing(room: Room, who: str, deed: str, status: int, code: str) -> None:
    room.people["tester"] = room.people["tester"] if "tester" in room.people else _tester(room)
    session = room.session(ends_at=timezone.now() + timedelta(minutes=20))
    before = TerminalSession.objects.values().get(pk=session.pk)
    assert told(as_(room, who).post(at(session, deed), DEEDS[deed])) == (status, code)
    assert TerminalSession.objects.values().get(pk=session.pk) == before
    assert session.watchers.count() == 0
    assert len(refusals()) == (0 if status == 409 else 1)


def _tester(room: Room) -> Any:
    from tests.support.factories import make_user

    made = make_user("tess")
    grant(made, room.project, room.environments["test"], "tester")
    return made


@pytest.mark.parametrize("who", ["ops", "root"])
def test_ops_and_administrators_end_any_session_with_a_sentence_that_its_user_sees(room: Room, who: str) -> None:
    session = room.session()
    answer = as_(room, who).post(at(session, "end"), DEEDS["end"])
    assert answer.status_code == 200, answer.json()
    by = str(room.people[who])
    assert live.orders(HOST, [session.pk])[session.pk] == live.End(
        "terminal.end.ended_by", {"by": by, "message": "Stop, please."}
    )
    event = AuditEvent.objects.get(action="terminal.end_requested")
    assert (event.actor_id, event.params) == (room.people[who].pk, {"message": "Stop, please."})
    as_(room, who).post(at(session, "end"), {"message": "Again."})
    session.refresh_from_db()
    assert session.end_message == "Stop, please."


def test_a_session_that_nobody_holds_yet_ends_at_once(room: Room) -> None:
    session = room.session(state="opening", host="", opened_at=None)
    answer = as_(room, "ops").post(at(session, "end"), DEEDS["end"])
    assert answer.json()["end"] == {
        "code": "terminal.end.ended_by",
        "params": {"by": "Chen Hao", "message": "Stop, please."},
        "detail": "Chen Hao ended the shell: “Stop, please.”",
    }
    assert answer.json()["cleanup"] == {"state": "not_needed", "reason": None}


def test_a_session_is_extended_once_by_ops_who_did_not_open_it(room: Room) -> None:
    ends_at = timezone.now() + timedelta(minutes=7)
    session = room.session(ends_at=ends_at, first_used_at=timezone.now())
    ops = as_(room, "ops")
    answer = ops.post(at(session, "extend"), {"minutes": 15}).json()
    session.refresh_from_db()
    assert (session.ends_at, session.minutes) == (ends_at + timedelta(minutes=15), 45)
    assert session.extended_by == room.people["ops"]
    assert answer["may"]["extend"]["code"] == "terminal.extended_already"
    assert told(ops.post(at(session, "extend"), {"minutes": 5})) == (409, "terminal.extended_already")
    own = room.session("ops", login=room.login("ops"))
    assert told(ops.post(at(own, "extend"), {"minutes": 5})) == (403, "policy.not_requester")
    assert AuditEvent.objects.filter(action="terminal.extended").count() == 1


def test_a_broken_glass_is_not_extended_beyond_an_hour(room: Room) -> None:
    session = room.session(
        where="production", ticket=room.ticket(form={"break_glass": True}), is_break_glass=True, minutes=50
    )
    ops = as_(room, "ops")
    assert told(ops.post(at(session, "extend"), {"minutes": 11})) == (409, "terminal.break_glass_limit")
    assert ops.post(at(session, "extend"), {"minutes": 10}).status_code == 200


@pytest.mark.parametrize("minutes", [0, 31, -5, "ten"])
def test_thirty_minutes_are_the_most(room: Room, minutes: Any) -> None:
    session = room.session()
    assert told(as_(room, "ops").post(at(session, "extend"), {"minutes": minutes})) == (400, "invalid")


def test_who_watches_is_told_to_the_user_and_audited_once(room: Room) -> None:
    session = room.session()
    ops = as_(room, "ops")
    for _ in range(3):
        assert ops.post(at(session, "watch")).status_code == 204
    assert [one["user"]["username"] for one in as_(room, "dev").get(at(session)).json()["watchers"]] == ["ops"]
    assert AuditEvent.objects.filter(action="terminal.watched").count() == 1
    session.watchers.update(seen_at=timezone.now() - timedelta(seconds=26))
    assert as_(room, "dev").get(at(session)).json()["watchers"] == []
    ops.post(at(session, "watch"))
    assert AuditEvent.objects.filter(action="terminal.watched").count() == 2


def test_an_ended_session_is_neither_watched_nor_extended_nor_ended(room: Room) -> None:
    session = room.session()
    live.note_ended(session.pk, "terminal.end.exited", {"code": 0}, 0)
    for deed, body in DEEDS.items():
        assert told(as_(room, "ops").post(at(session, deed), body)) == (409, "terminal.ended_already"), deed


@pytest.mark.parametrize(
    ("who", "rights"),
    [
        ("dev", {"end", "replay"}),
        ("ops", {"end", "extend", "watch", "replay"}),
        ("root", {"end", "watch", "replay"}),
    ],
)
def test_the_page_is_told_what_its_reader_may_do(room: Room, who: str, rights: set[str]) -> None:
    session = room.session()
    may = as_(room, who).get(at(session)).json()["may"]
    assert {name for name, right in may.items() if right["allowed"]} == rights
    assert all(right["detail"] for right in may.values() if not right["allowed"])


def test_the_list_shows_ones_projects_newest_first_and_is_narrowed(room: Room) -> None:
    first, second = room.session(), room.session("ops", where="production", login=room.login("ops"))
    live.note_ended(first.pk, "terminal.end.left")

    def ids(who: str, query: str = "") -> list[int]:
        return [one["id"] for one in as_(room, who).get(f"{SESSIONS}{query}").json()["results"]]

    assert ids("dev") == ids("root") == [second.pk, first.pk]
    assert ids("stranger") == []
    assert ids("dev", "?state=open") == [second.pk]
    assert ids("dev", "?state=ended") == ids("dev", "?mine=true") == ids("ops", "?environment=test") == [first.pk]
    assert ids("dev", "?project=other") == []
    assert ids("dev", "?version=none") == []
    assert told(as_(room, "dev").get(f"{SESSIONS}?state=odd")) == (400, "invalid")
    assert told(as_(room, "stranger").get(at(first))) == (404, "not_found")


def test_a_list_of_many_costs_as_many_statements_as_a_short_one(room: Room, django_assert_num_queries: Any) -> None:
    room.session()
    client = as_(room, "dev")
    client.get(SESSIONS)
    with django_assert_num_queries(3):
        client.get(SESSIONS)
    for _ in range(20):
        room.session()
    with django_assert_num_queries(3):
        assert len(client.get(SESSIONS).json()["results"]) == 21
