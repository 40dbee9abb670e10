"""Password resets: by administrators, by people who cannot sign in, and what redeeming one ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail as outbox
from django.db import connection
from django.db.models import F
from pydantic import SecretStr
from rest_framework.test import APIClient

from apps.accounts import redemption, resets
from apps.accounts.models import AccountLink, LoginThrottle, User, UserSession
from apps.audit.models import AuditEvent
from tests.accounts.factories import PASSWORD, browser, make_admin, make_token, make_user, token_client
from tests.accounts.test_invitations import GONE, LOOK, ME, NEW, REDEEM, USERS, code_of, look, redeem

pytestmark = [pytest.mark.urls("tests.common.urls"), pytest.mark.django_db]
ASK = "/api/v1/password-resets"


def reset(user: User, admin: Any = None) -> Any:
    answer = (admin or browser(make_admin())).post(f"{USERS}{user.pk}/password-reset")
    assert answer.status_code == 200, answer.content
    return answer.json()


class TestByAnAdministrator:
    def test_the_old_password_works_until_the_link_is_redeemed(self) -> None:
        user = make_user(email="li@example.com")
        there, (_, secret) = browser(user), make_token(user)
        made = reset(user)
        assert set(made) == {"link", "expires_at", "mailed", "reason"}
        assert made["link"].startswith("http://testserver/reset#")
        assert look(made["link"]).json()["purpose"] == "password_reset"
        assert (there.get(ME).status_code, browser(user).get(ME).status_code) == (200, 200)
        here = browser()
        assert redeem(made["link"], here).status_code == 200
        assert (here.get(ME).status_code, there.get(ME).status_code) == (200, 401)
        assert UserSession.objects.filter(user=user).count() == 1
        assert token_client(secret).get(ME).status_code == 200
        user.refresh_from_db()
        assert (user.check_password(NEW), user.check_password(PASSWORD), user.display_name) == (True, False, "")

    def test_it_works_for_two_hours(self) -> None:
        reset(make_user())
        row = AccountLink.objects.get()
        assert timedelta(minutes=119) < row.expires_at - row.created_at <= timedelta(minutes=121)

    def test_a_new_one_voids_the_one_before_and_a_used_one_all(self) -> None:
        user, admin = make_user(), browser(make_admin())
        first, second = reset(user, admin), reset(user, admin)
        assert (code_of(look(first["link"])), look(second["link"]).status_code) == (GONE, 200)
        assert redeem(second["link"]).status_code == 200
        assert code_of(redeem(second["link"])) == GONE

    @pytest.mark.parametrize("by_himself", [True, False])
    def test_a_new_password_by_another_way_or_a_new_address_voids_it(self, by_himself: bool) -> None:
        user, admin = make_user(), browser(make_admin())
        made = reset(user, admin)
        if by_himself:
            change = {"old_password": PASSWORD, "new_password": "another long secret"}
            assert browser(user).post(ME + "/password", change, format="json").status_code == 204
        else:
            assert admin.patch(f"{USERS}{user.pk}/", {"email": "new@example.com"}, format="json").status_code == 200
        assert code_of(redeem(made["link"])) == GONE

    def test_nobody_and_the_disabled_get_none(self) -> None:
        gone, admin = make_user("gone", is_active=False), browser(make_admin())
        assert code_of(admin.post(f"{USERS}{gone.pk}/password-reset")) == (409, "account_link.user_disabled")
        for number in (0, 10**40):
            assert admin.post(f"{USERS}{number}/password-reset").status_code == 404
        assert AccountLink.objects.count() == 0


class TestAtTheDoor:
    @pytest.mark.parametrize("path", [ASK, LOOK, REDEEM])
    def test_a_foreign_page_can_do_nothing(self, path: str) -> None:
        user = make_user()
        made = reset(user)
        body = {"token": made["link"].partition("#")[2], "password": NEW, "name": "li.wei"}
        answer = APIClient(enforce_csrf_checks=True).post(path, body, format="json")
        assert code_of(answer) == (403, "csrf_failed")
        user.refresh_from_db()
        assert (user.check_password(PASSWORD), LoginThrottle.objects.count()) == (True, 0)

    @pytest.mark.parametrize("body", [{}, {"token": ""}, {"token": "x" * 201}, {"token": []}, [], {"token": "a\x00"}])
    def test_a_body_of_another_shape_is_refused(self, body: Any) -> None:
        for path in (LOOK, REDEEM):
            assert browser().post(path, body, format="json").status_code == 400

    def test_a_session_of_somebody_else_in_the_browser_gives_way(self) -> None:
        user, other = make_user(), make_user("zhang.min")
        made, client = reset(user), browser(other)
        assert redeem(made["link"], client).json()["username"] == "li.wei"
        assert client.get(ME).json()["username"] == "li.wei"
        assert Session.objects.count() == 2  # the administrator's and this one

    def test_guessing_is_held_up_and_a_success_clears_the_count(self) -> None:
        made = reset(make_user())
        for _ in range(redemption.MOST_FAILURES - 1):
            assert look("#" + "x" * 43).status_code == 404
        assert look(made["link"]).status_code == 200
        for _ in range(redemption.MOST_FAILURES):
            assert look("#" + "x" * 43).status_code == 404
        held = redeem(made["link"])
        assert code_of(held) == (429, "login_throttled")
        assert int(held["Retry-After"]) > 800
        assert User.objects.get(username="li.wei").check_password(PASSWORD)
        body = {"token": made["link"].partition("#")[2]}
        assert browser().post(LOOK, body, format="json", REMOTE_ADDR="10.0.0.2").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_who_redeem_at_the_same_time_do_not_both_succeed() -> None:
    made = reset(make_user())
    clients = [browser(), browser()]
    statuses: list[int] = []

    def go(client: Any, password: str) -> None:
        try:
            statuses.append(redeem(made["link"], client, password=password).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(c, f"secret number {i}")) for i, c in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 404]
    assert [client.get(ME).status_code for client in clients].count(200) == 1
    assert UserSession.objects.filter(user__username="li.wei").count() == 1


@pytest.mark.django_db(transaction=True)
class TestByAnybody:
    @pytest.fixture(autouse=True)
    def _with_mail(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setattr(settings.CONFIG, "mail_url", SecretStr("smtp://127.0.0.1:1"))
        pool = ThreadPoolExecutor(1)
        monkeypatch.setattr(resets, "_pool", pool)
        yield
        pool.shutdown()

    def ask(self, name: str, **headers: Any) -> Any:
        return browser().post(ASK, {"name": name}, format="json", **headers)

    def finished(self) -> None:
        """All that was asked for so far is done: the pool has one thread."""
        resets._pool.submit(lambda: None).result(timeout=10)

    def test_who_names_himself_or_his_address_is_mailed_a_link(self) -> None:
        user = make_user(email="Li@example.com")
        for name in ("LI.wei", "li@EXAMPLE.com"):
            answer = self.ask(name)
            assert (answer.status_code, answer.json()) == (202, {"mail_configured": True})
        self.finished()
        assert [(m.to, m.subject) for m in outbox.outbox] == [
            (["Li@example.com"], "A new password for the ops portal")
        ] * 2
        link = next(line for line in outbox.outbox[0].body.splitlines() if "/reset#" in line)
        assert redeem(link).status_code == 200
        user.refresh_from_db()
        assert user.check_password(NEW)
        made = AuditEvent.objects.filter(action="account_link.created", target_id=str(user.pk))
        assert [(event.actor_id, event.ip) for event in made] == [(None, "127.0.0.1")] * 2

    def test_unknown_disabled_addressless_and_invited_people_get_the_same_answer_and_nothing_else(self) -> None:
        make_user("gone", is_active=False, email="gone@example.com")
        make_user("bare")
        User.objects.create_user("invited", None, email="invited@example.com")
        names = ["nobody", "gone", "gone@example.com", "bare", "invited", "' OR 1=1 --", "%"]
        answers = [self.ask(name) for name in names]
        self.finished()
        assert [(a.status_code, a.json()) for a in answers] == [(202, {"mail_configured": True})] * len(names)
        assert (len(outbox.outbox), AccountLink.objects.count()) == (0, 0)
        told = AuditEvent.objects.filter(outcome="refused").values_list("action", "target_name", "params")
        assert set(map(str, told)) == {"('account_link.create', '', {'code': 'account_link.nobody'})"}
        assert len(told) == len(names)

    def test_the_answer_does_not_wait_for_the_mail_server(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make_user(email="li@example.com")
        may_end = threading.Event()
        deliver: Callable[..., Any] = resets.links.deliver

        def held(*args: Any) -> Any:
            may_end.wait(timeout=20)
            return deliver(*args)

        monkeypatch.setattr(resets.links, "deliver", held)
        started = time.monotonic()
        assert self.ask("li.wei").status_code == 202
        assert (time.monotonic() - started < 10, len(outbox.outbox)) == (True, 0)
        may_end.set()
        self.finished()
        assert len(outbox.outbox) == 1

    def test_a_name_is_held_up_after_five_and_an_address_after_twenty(self) -> None:
        make_user(email="li@example.com")
        for name in ("nobody", "li.wei"):
            assert [self.ask(name).status_code for _ in range(6)] == [202] * 5 + [429]
        assert [self.ask(f"n{i}").status_code for i in range(11)] == [202] * 10 + [429]
        assert self.ask("li.wei", REMOTE_ADDR="10.0.0.2").status_code == 202
        self.finished()
        assert len(outbox.outbox) == resets.MOST_OPEN
        AccountLink.objects.update(expires_at=F("created_at"))
        assert self.ask("li.wei", REMOTE_ADDR="10.0.0.2").status_code == 202
        self.finished()
        assert len(outbox.outbox) == resets.MOST_OPEN + 1

    def test_asking_does_not_use_up_the_attempts_of_a_login(self) -> None:
        user = make_user(email="li@example.com")
        for _ in range(5):
            self.ask("li.wei")
        assert browser(user).get(ME).status_code == 200

    def test_without_mail_the_answer_says_so_and_nothing_is_made(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make_user(email="li@example.com")
        monkeypatch.setattr(settings.CONFIG, "mail_url", None)
        for name in ("li.wei", "nobody"):
            answer = self.ask(name)
            assert (answer.status_code, answer.json()) == (202, {"mail_configured": False})
        self.finished()
        assert (AccountLink.objects.count(), AuditEvent.objects.count()) == (0, 0)
