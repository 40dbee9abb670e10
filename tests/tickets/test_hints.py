"""The WebSocket of hints over a real server: who hears what, and what happens without the channel layer."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from channels.layers import channel_layers
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.db import transaction
from django.utils import timezone
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from apps.accounts.models import User
from apps.accounts.sessions import end_sessions
from apps.tickets import hints
from apps.tickets.consumers import HintSocket
from opsportal.asgi import application
from opsportal.demo.valkey import Valkey
from tests.accounts.factories import browser, make_token, make_user
from tests.support.factories import grant, make_project, use
from tests.tickets.conftest import Place

pytestmark = pytest.mark.django_db(transaction=True)
ORIGIN = "http://testserver"


class Server:
    """A uvicorn in a thread."""

    def __init__(self, application: Any) -> None:
        config = uvicorn.Config(application, port=0, log_config=None, lifespan="off", ws="websockets-sansio")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        end = time.monotonic() + 10
        while not self.server.started:
            assert time.monotonic() < end
            time.sleep(0.01)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)


@pytest.fixture
def url(transactional_db: None) -> Iterator[str]:
    server = Server(application)
    yield f"ws://127.0.0.1:{server.port}/ws/hints"
    server.stop()


@pytest.fixture
def people(place: Place) -> dict[str, User]:
    """A reader of `book`, and somebody of another project."""
    other = make_project("other")
    use(other, place.environment)
    reader, stranger = make_user("reader"), make_user("stranger")
    grant(reader, place.project, place.environment, "developer")
    grant(stranger, other, place.environment, "developer")
    return {"reader": reader, "stranger": stranger}


def listen(url: str, user: User | None = None, origin: str | None = ORIGIN) -> ClientConnection:
    headers = {}
    if user is not None:
        headers["Cookie"] = f"sessionid={browser(user).cookies['sessionid'].value}"
    return connect(url, additional_headers=headers, origin=origin, proxy=None)  # type: ignore[arg-type]


def heard(socket: ClientConnection, seconds: float = 5) -> dict[str, Any]:
    return dict(json.loads(socket.recv(timeout=seconds)))


def live(socket: ClientConnection) -> ClientConnection:
    assert heard(socket) == {"type": "mode", "mode": "live"}
    return socket


def announce(what: str, ident: int, project: int | None) -> None:
    with transaction.atomic():
        hints.announce(what, ident, project)


def closed_with(socket: ClientConnection, seconds: float = 5) -> int:
    with pytest.raises(ConnectionClosed) as found:
        while True:
            socket.recv(timeout=seconds)
    assert found.value.rcvd is not None
    return found.value.rcvd.code


def test_a_member_hears_his_projects_hints_each_once_and_a_stranger_hears_none(
    url: str, place: Place, people: dict[str, User]
) -> None:
    with listen(url, people["reader"]) as reader, listen(url, people["stranger"]) as stranger:
        live(reader), live(stranger)
        for _ in range(5):
            announce("ticket", 7, place.project.pk)
        announce("ticket", 8, None)
        announce("build", 9, place.project.pk)
        expected = [("ticket", 7), ("build", 9)]
        assert [(h["what"], h["id"]) for h in (heard(reader), heard(reader))] == expected
        other = people["stranger"].grants.get().project_id
        announce("ticket", 10, other)
        assert heard(stranger) == {"type": "hint", "what": "ticket", "id": 10, "project": other}


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "http://evil.example",
        "http://testserver.evil.example",
        "https://testserver",
        "http://testserver:81",
        "null",
    ],
)
def test_a_foreign_origin_is_refused_before_the_handshake(
    url: str, people: dict[str, User], origin: str | None
) -> None:
    with pytest.raises(InvalidHandshake):
        listen(url, people["reader"], origin)


def test_a_token_signs_in_with_the_first_message_within_its_project(url: str, place: Place) -> None:
    person, other = make_user("script"), make_project("other")
    for project in (place.project, other):
        grant(person, project, place.environment, "developer")
    secret = make_token(person, "hints.subscribe", project_id=other.pk)[1]
    with listen(url) as socket:
        socket.send(json.dumps({"type": "authenticate", "token": secret}))
        live(socket)
        announce("ticket", 1, place.project.pk)
        announce("ticket", 2, other.pk)
        assert heard(socket)["id"] == 2


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "authenticate", "token": "opt_" + "0" * 12 + "_" + "x" * 43}, 4401),
        ({"type": "authenticate", "token": ["x"]}, 4401),
        ({"type": "hello"}, 4401),
        ([], 4400),
        ("x" * 5000, 4400),
    ],
)
def test_who_does_not_sign_in_is_told_nothing(url: str, place: Place, message: Any, code: int) -> None:
    with listen(url) as socket:
        socket.send(json.dumps(message))
        assert closed_with(socket) == code


def test_who_says_nothing_is_not_kept(url: str, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HintSocket, "sign_in_within", 0.1)
    with listen(url) as socket:
        assert closed_with(socket) == 4401


def test_a_token_without_the_scope_hears_nothing(url: str, place: Place) -> None:
    person = make_user("script")
    with listen(url) as socket:
        socket.send(json.dumps({"type": "authenticate", "token": make_token(person, "ticket.read")[1]}))
        assert closed_with(socket) == 4401


def test_a_client_that_talks_is_closed(url: str, people: dict[str, User]) -> None:
    with listen(url, people["reader"]) as socket:
        live(socket).send(json.dumps({"type": "subscribe", "project": 1}))
        assert closed_with(socket) == 4400


def test_a_withdrawn_grant_counts_from_the_next_hint_about_grants(
    url: str, place: Place, people: dict[str, User]
) -> None:
    with listen(url, people["reader"]) as socket:
        live(socket)
        people["reader"].grants.update(revoked_at=timezone.now())
        announce("grants", people["reader"].pk, place.project.pk)
        announce("ticket", 1, place.project.pk)
        fresh = make_project("fresh")
        grant(people["reader"], fresh, place.environment, "tester")
        announce("grants", people["reader"].pk, fresh.pk)
        announce("ticket", 2, fresh.pk)
        found = [heard(socket) for _ in range(3)]
        assert [(h["what"], h["project"]) for h in found] == [
            ("grants", place.project.pk),
            ("grants", fresh.pk),
            ("ticket", fresh.pk),
        ]


@pytest.mark.parametrize("end", ["session", "person", "token"])
def test_a_socket_ends_soon_after_its_reader_is_signed_out(
    url: str, people: dict[str, User], monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(HintSocket, "beat_every", 0.1)
    monkeypatch.setattr(HintSocket, "idle_rights_every", 0.2)
    reader = people["reader"]
    with listen(url, None if end == "token" else reader) as socket:
        if end == "token":
            socket.send(json.dumps({"type": "authenticate", "token": make_token(reader)[1]}))
        live(socket)
        if end == "session":
            end_sessions(reader)
        elif end == "person":
            User.objects.filter(pk=reader.pk).update(is_active=False)
        else:
            reader.api_tokens.update(revoked_at=timezone.now())
        assert closed_with(socket) == 4401


@pytest.fixture
def own_layer(server_folder: Path) -> Iterator[Valkey]:
    """A channel layer on a Valkey of its own, which may be stopped."""
    folder = server_folder / "hints-valkey"
    valkey = Valkey(folder, server_folder / "hints-valkey.log")
    valkey.start()
    before = channel_layers.backends.get("default")
    channel_layers.backends["default"] = RedisPubSubChannelLayer(hosts=[{"address": valkey.url()}], prefix="own")
    yield valkey
    channel_layers.backends.pop("default")
    if before is not None:
        channel_layers.backends["default"] = before
    valkey.stop()


def modes_until(socket: ClientConnection, wanted: str, also: Callable[[], None] = lambda: None) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        also()
        try:
            if heard(socket, 1) == {"type": "mode", "mode": wanted}:
                return
        except TimeoutError:
            continue
    raise AssertionError(f"never {wanted}")


def test_without_the_layer_the_browser_is_told_to_poll_and_when_it_is_back_hints_flow_again(
    own_layer: Valkey, url: str, place: Place, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HintSocket, "beat_every", 0.3)
    with listen(url, people["reader"]) as socket:
        live(socket)
        own_layer.stop()
        modes_until(socket, "poll")
        own_layer.start()
        modes_until(socket, "live")
        announce("ticket", 3, place.project.pk)
        assert heard(socket) == {"type": "hint", "what": "ticket", "id": 3, "project": place.project.pk}


def test_a_socket_opened_while_the_layer_is_away_says_so_and_comes_alive_later(
    own_layer: Valkey, url: str, place: Place, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HintSocket, "beat_every", 0.3)
    own_layer.stop()
    with listen(url, people["reader"]) as socket:
        assert heard(socket) == {"type": "mode", "mode": "poll"}
        own_layer.start()
        modes_until(socket, "live")
        announce("ticket", 4, place.project.pk)
        assert heard(socket)["id"] == 4
