"""Who hears of a request for project access: its people, and ops of anywhere, though they are no members of it."""

from __future__ import annotations

import json

import pytest
from websockets.sync.client import ClientConnection, connect

from apps.tickets import hints
from apps.tickets.models import Ticket
from tests.access.conftest import Counter
from tests.accounts.factories import make_token
from tests.tickets.test_hints import ORIGIN, announce, heard, listen, live, url  # noqa: F401 - a fixture
from tests.tickets.web import TICKETS

pytestmark = pytest.mark.django_db(transaction=True)


def by_session(url: str, counter: Counter, who: str) -> ClientConnection:  # noqa: F811
    """A browser's socket."""
    cookie = f"sessionid={counter.client(who).cookies['sessionid'].value}"
    return connect(url, additional_headers={"Cookie": cookie}, origin=ORIGIN, proxy=None)  # type: ignore[arg-type]


def test_ops_of_anywhere_hear_of_a_request_when_it_is_filed_and_when_it_ends(url: str, counter: Counter) -> None:  # noqa: F811
    with by_session(url, counter, "ops") as ops, by_session(url, counter, "root") as root:
        live(ops), live(root)
        ticket = Ticket.objects.get(pk=counter.asked())
        expected = {"type": "hint", "what": "ticket", "id": ticket.pk, "project": ticket.project_id}
        assert (heard(ops), heard(root)) == (expected, expected)
        assert counter.client("dev").post(f"{TICKETS}{ticket.pk}/cancel", {}).status_code == 200
        assert (heard(ops), heard(root)) == (expected, expected)


def test_who_may_not_read_it_hears_nothing_of_it(url: str, counter: Counter) -> None:  # noqa: F811
    ops, elsewhere = counter.people["ops"], counter.elsewhere.pk
    with by_session(url, counter, "chen") as stranger, listen(url) as narrow, listen(url) as limited:
        scoped, bound = make_token(ops, "hints.subscribe"), make_token(ops, "*", project_id=elsewhere)
        for socket, (_, secret) in ((narrow, scoped), (limited, bound)):
            socket.send(json.dumps({"type": "authenticate", "token": secret}))
        live(stranger), live(narrow), live(limited)
        counter.asked(owners=None)
        announce("ticket", 1, elsewhere)
        for socket in (stranger, narrow, limited):
            assert heard(socket) == {"type": "hint", "what": "ticket", "id": 1, "project": elsewhere}


def test_ops_of_anywhere_hear_of_no_other_ticket_of_it(url: str, counter: Counter) -> None:  # noqa: F811
    asked = Ticket.objects.get(pk=counter.asked())
    with by_session(url, counter, "ops") as ops:
        live(ops)
        about = {"environment": counter.test, "requester": counter.people["dev"], "title": "x", "kind": "release"}
        release = Ticket.objects.create(status="pending_approval", project=asked.project, **about)
        hints.announce_ticket(release)
        announce("build", 2, asked.project_id)
        hints.announce_ticket(asked)
        assert heard(ops)["id"] == asked.pk
