"""Signing in: the same answer for every failure, counted attempts, CSRF and Origin, and nothing told in the trail."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import AsyncClient
from rest_framework.test import APIClient

from apps.accounts import throttle
from apps.accounts.models import LoginThrottle, User, UserSession
from apps.audit.models import AuditEvent
from tests.accounts.factories import PASSWORD, browser, make_token, make_user, token_client

pytestmark = [pytest.mark.urls("tests.common.urls"), pytest.mark.django_db]
LOGIN = "/api/v1/login"


def attempt(client: APIClient, username: str = "li.wei", password: str = PASSWORD, **headers: Any) -> Any:
    return client.post(LOGIN, {"username": username, "password": password}, format="json", **headers)


def test_a_session_begins_and_ends() -> None:
    user = make_user(display_name="李伟", language="zh")
    client = browser()
    answer = attempt(client, "Li.Wei")
    assert answer.status_code == 200
    assert {k: v for k, v in answer.json().items() if k != "created_at"} == {
        "id": user.pk,
        "username": "li.wei",
        "display_name": "李伟",
        "email": "",
        "language": "zh",
        "time_zone": "Asia/Shanghai",
        "theme": "system",
        "single_key_shortcuts": True,
        "start_page": "inbox",
        "is_instance_admin": False,
        "roles": [],
        "owns_projects": False,
        "may": {
            "user.manage": False,
            "environment.manage": False,
            "cluster.manage": False,
            "integration.manage": False,
            "project.create": False,
            "first_hour.read": False,
        },
    }
    assert client.get("/api/v1/me").json() == answer.json()
    assert UserSession.objects.get().session_key == Session.objects.get().session_key
    client.credentials(HTTP_X_CSRFTOKEN=client.cookies["csrftoken"].value)
    assert client.post("/api/v1/logout").status_code == 204
    assert client.get("/api/v1/me").status_code == 401
    assert (UserSession.objects.count(), Session.objects.count()) == (0, 0)
    told = AuditEvent.objects.order_by("id").values_list("action", "actor_id", "target_id")
    assert list(told) == [
        ("session.created", user.pk, str(user.pk)),
        ("session.ended", user.pk, str(user.pk)),
    ]


def test_the_session_key_changes_at_login() -> None:
    make_user()
    client = browser()
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    attempt(client)
    assert client.cookies["sessionid"].value != before
    assert not Session.objects.filter(session_key=before).exists()


def test_unknown_wrong_and_disabled_look_alike() -> None:
    make_user()
    make_user("gone", is_active=False)
    answers = [
        attempt(browser(), "nobody"),
        attempt(browser(), "li.wei", "wrong"),
        attempt(browser(), "gone"),
        attempt(browser(), "' OR 1=1 --"),
    ]
    bodies = [{k: v for k, v in a.json().items() if k != "request_id"} for a in answers]
    assert [a.status_code for a in answers] == [401] * 4
    assert bodies == [{"code": "login_failed", "params": {}, "detail": "Name or password are wrong."}] * 4
    assert UserSession.objects.count() == 0


def test_the_trail_names_a_known_person_and_never_what_was_typed() -> None:
    user = make_user()
    attempt(browser(), "my-password-by-mistake")
    attempt(browser(), "li.wei", "wrong")
    rows = AuditEvent.objects.order_by("id").values(
        "action", "outcome", "target_id", "target_name", "actor_name", "params"
    )
    common = {"action": "session.create", "outcome": "refused", "actor_name": "", "params": {"code": "login_failed"}}
    assert list(rows) == [
        {**common, "target_id": "", "target_name": ""},
        {**common, "target_id": str(user.pk), "target_name": "li.wei"},
    ]


@pytest.mark.parametrize("name", ["li.wei", "nobody"])
def test_after_five_failures_even_the_right_password_has_to_wait(name: str) -> None:
    make_user()
    client = browser()
    assert [attempt(client, name, "wrong").status_code for _ in range(5)] == [401] * 5
    answer = attempt(client, name.upper())
    assert (answer.status_code, answer.json()["code"]) == (429, "login_throttled")
    assert 890 <= int(answer["Retry-After"]) <= 900
    assert AuditEvent.objects.filter(outcome="refused").count() == 5


def test_another_name_or_another_address_is_not_held_up() -> None:
    make_user()
    make_user("zhang.min")
    for _ in range(6):
        attempt(browser(), "li.wei", "wrong")
    assert attempt(browser(), "zhang.min").status_code == 200
    assert attempt(browser(), "li.wei", REMOTE_ADDR="10.0.0.2").status_code == 200


def test_a_success_clears_the_count_and_a_window_ends() -> None:
    make_user()
    client = browser()
    for _ in range(4):
        attempt(client, password="wrong")
    assert attempt(client).status_code == 200
    assert LoginThrottle.objects.count() == 0
    for _ in range(6):
        attempt(browser(), password="wrong")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_loginthrottle SET window_ends_at = now() - interval '1 second'")
    assert attempt(browser()).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_are_all_counted() -> None:
    results: list[bool] = []

    def guess() -> None:
        try:
            throttle.count_attempt("li.wei", "10.0.0.1")
            results.append(True)
        except throttle.LoginThrottled:
            results.append(False)
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (results.count(True), results.count(False)) == (5, 7)


class TestCsrf:
    def test_login_without_the_token_is_refused(self) -> None:
        make_user()
        answer = attempt(APIClient(enforce_csrf_checks=True))
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
        assert LoginThrottle.objects.count() == 0

    @pytest.mark.parametrize(
        ("method", "path"),
        [("post", "/api/v1/logout"), ("patch", "/api/v1/me"), ("post", "/api/v1/tokens/"), ("post", "/api/v1/users/")],
    )
    def test_a_session_without_the_token_cannot_change_anything(self, method: str, path: str) -> None:
        client = browser(make_user(is_instance_admin=True))
        client.credentials()
        answer = getattr(client, method)(path, {"display_name": "x"}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
        assert User.objects.get().display_name == ""

    @pytest.mark.parametrize(
        ("origin", "status"),
        [
            ("http://testserver", 200),
            ("http://testserver.evil.example", 403),
            ("https://testserver", 403),
            ("http://testserver:81", 403),
            ("http://sub.testserver", 403),
            ("null", 403),
        ],
    )
    def test_an_unsafe_request_needs_exactly_our_origin(self, origin: str, status: int) -> None:
        client = browser(make_user())
        answer = client.patch("/api/v1/me", {"display_name": "x"}, format="json", HTTP_ORIGIN=origin)
        assert answer.status_code == status
        assert User.objects.get().display_name == ("x" if status == 200 else "")
        assert attempt(browser(), HTTP_ORIGIN=origin).status_code == status

    def test_a_token_needs_no_csrf_and_reading_neither(self) -> None:
        user = make_user()
        client = browser(user)
        client.credentials()
        assert client.get("/api/v1/me").status_code == 200
        _, secret = make_token(user)
        assert token_client(secret).get("/api/v1/me").status_code == 200


@pytest.mark.parametrize(
    "body",
    [{}, {"username": "a"}, {"username": [], "password": {}}, {"username": "x" * 151, "password": "y"}]
    + [{"username": "a", "password": "b", "next": "//evil"}, {"username": "a", "password": "x" * 257}, []],
)
def test_a_login_of_another_shape_is_refused(body: Any) -> None:
    answer = browser().post(LOGIN, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert LoginThrottle.objects.count() == 0


def test_hostile_bytes_at_the_door_are_refused() -> None:
    client = browser()
    for body, code in [
        ('{"username": "a\\u0000", "password": "b"}', "forbidden_characters"),
        ('{"username": ' + "[" * 100 + "]" * 100 + "}", "json_too_deep"),
        ('{"username": "a", ', "malformed"),
    ]:
        answer = client.generic("POST", LOGIN, body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, code)
    answer = client.generic("POST", LOGIN, b"x", content_type="application/json", CONTENT_LENGTH="50000000")
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_dead_session_or_token_does_not_stand_in_the_way_of_a_login() -> None:
    make_user()
    assert attempt(browser(), HTTP_AUTHORIZATION="Bearer nonsense", HTTP_COOKIE="").status_code in (200, 403)
    client = browser()
    client.cookies["sessionid"] = "f" * 32
    assert attempt(client).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_session_cookie_works_under_asgi() -> None:
    user = make_user()

    async def walk() -> list[int]:
        client = AsyncClient(enforce_csrf_checks=True)
        headers = {"X-CSRFToken": (await client.get("/api/v1/csrf")).json()["csrf_token"]}
        body = {"username": "li.wei", "password": PASSWORD}
        login = await client.post(LOGIN, body, content_type="application/json", headers=headers)
        headers = {"X-CSRFToken": client.cookies["csrftoken"].value}
        me = await client.get("/api/v1/me")
        bare = await client.post("/api/v1/logout")
        logout = await client.post("/api/v1/logout", headers=headers)
        return [login.json()["id"], me.json()["id"], bare.status_code, logout.status_code]

    assert async_to_sync(walk)() == [user.pk, user.pk, 403, 204]
    assert UserSession.objects.count() == 0
