"""Invitations: a person without a password, the link by which he sets one, and what ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from apps.accounts.models import AccountLink, User, UserSession
from apps.audit.models import AuditEvent
from tests.accounts.factories import PASSWORD, browser, make_admin, make_token, make_user, token_client

pytestmark = [pytest.mark.urls("tests.common.urls"), pytest.mark.django_db]
URL, USERS, ME = "/api/v1/invitations/", "/api/v1/users/", "/api/v1/me"
LOOK, REDEEM = "/api/v1/account-links/look", "/api/v1/account-links/redeem"
NEW = "a fine new secret"
GONE = (404, "account_link.gone")


def invite(admin: Any, **body: Any) -> Any:
    answer = admin.post(URL, {"username": "zhang.min", **body}, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def token_in(link: str) -> str:
    return link.partition("#")[2]


def look(link: str) -> Any:
    return browser().post(LOOK, {"token": token_in(link)}, format="json")


def redeem(link: str, client: Any = None, **body: Any) -> Any:
    content = {"token": token_in(link), "password": NEW, **body}
    return (client or browser()).post(REDEEM, content, format="json")


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_an_invited_person_looks_at_the_link_sets_a_password_and_is_signed_in() -> None:
    admin = make_admin()
    made = invite(browser(admin), display_name="张敏", email="z@example.com", language="zh")
    assert made["link"].startswith("http://testserver/welcome#")
    assert (made["mailed"], made["reason"]["code"]) == (False, "mail.not_configured")
    user = User.objects.get(username="zhang.min")
    assert (user.has_usable_password(), made["user"]["id"], made["user"]["language"]) == (False, user.pk, "zh")
    looked = look(made["link"])
    assert looked.status_code == 200
    assert looked.json() == {
        "purpose": "invitation",
        "username": "zhang.min",
        "display_name": "张敏",
        "expires_at": made["expires_at"],
    }
    client = browser()
    answer = redeem(made["link"], client, display_name="Zhang Min")
    assert (answer.status_code, answer.json()["username"]) == (200, "zhang.min")
    assert client.get(ME).json() == answer.json()
    assert answer.json()["display_name"] == "Zhang Min"
    user.refresh_from_db()
    assert (user.check_password(NEW), user.last_login is not None) == (True, True)
    told = AuditEvent.objects.filter(target_id=str(user.pk)).order_by("id").values_list("action", "actor_id")
    assert list(told) == [
        ("user.created", admin.pk),
        ("account_link.created", admin.pk),
        ("account_link.redeemed", user.pk),
        ("session.created", user.pk),
    ]


def test_an_invited_person_keeps_the_language_the_password_was_set_in() -> None:
    made = invite(browser(make_admin()), language="en")
    answer = redeem(made["link"], browser(), language="zh")
    assert (answer.status_code, answer.json()["language"]) == (200, "zh")
    assert User.objects.get(pk=made["user"]["id"]).language == "zh"


def test_an_invitation_works_for_three_days() -> None:
    invite(browser(make_admin()))
    row = AccountLink.objects.get()
    assert timedelta(hours=71, minutes=59) < row.expires_at - row.created_at <= timedelta(hours=72, minutes=1)


def test_the_secret_is_in_the_answer_and_nowhere_else(capsys: pytest.CaptureFixture[str]) -> None:
    secret = token_in(invite(browser(make_admin()))["link"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT l::text FROM accounts_accountlink l UNION ALL SELECT a::text FROM audit_auditevent a")
        assert [row for (row,) in cursor.fetchall() if secret in row] == []
    assert len(secret) == 43
    out, err = capsys.readouterr()
    assert secret not in out + err


def test_a_link_works_once() -> None:
    made = invite(browser(make_admin()))
    assert redeem(made["link"]).status_code == 200
    again = redeem(made["link"], password="yet another secret")
    assert code_of(again) == GONE
    assert User.objects.get(username="zhang.min").check_password(NEW)
    event = AuditEvent.objects.get(outcome="refused")
    assert (event.action, event.target_id, event.params) == ("account_link.use", "", {"code": "account_link.gone"})


def test_used_expired_revoked_disabled_and_unknown_links_look_alike() -> None:
    admin = browser(make_admin())
    used, ended, revoked, disabled = (invite(admin, username=name) for name in ("used", "ended", "revoked", "off"))
    redeem(used["link"])
    AccountLink.objects.filter(pk=ended["id"]).update(expires_at=F("created_at"))
    assert admin.delete(f"{URL}{revoked['id']}/").status_code == 204
    User.objects.filter(username="off").update(is_active=False)
    links = [made["link"] for made in (used, ended, revoked, disabled)] + ["#" + "x" * 43, "#short", "#' OR 1=1 --"]
    answers = [ask(link) for link in links for ask in (look, redeem)]
    bodies = [{k: v for k, v in a.json().items() if k != "request_id"} for a in answers]
    assert {code_of(a) for a in answers} == {GONE}
    assert bodies == [bodies[0]] * len(answers)
    assert UserSession.objects.filter(user__username__in=["ended", "revoked", "off"]).count() == 0
    assert [u.has_usable_password() for u in User.objects.filter(username__in=["ended", "revoked", "off"])] == [
        False
    ] * 3


def test_a_refused_password_leaves_the_link_as_it_was() -> None:
    made = invite(browser(make_admin()))
    for password, code in (("short", "password_too_short"), ("zhang.min.", "password_too_similar")):
        answer = redeem(made["link"], password=password, display_name="Nobody")
        assert (answer.status_code, answer.json()["fields"]["password"][0]["code"]) == (400, code)
    user = User.objects.get(username="zhang.min")
    assert (user.has_usable_password(), user.display_name, UserSession.objects.filter(user=user).count()) == (
        False,
        "",
        0,
    )
    assert redeem(made["link"]).status_code == 200


def test_a_renewed_invitation_voids_the_link_before() -> None:
    admin = browser(make_admin())
    made = invite(admin)
    AccountLink.objects.update(expires_at=F("created_at"))
    assert admin.get(URL).json()["results"][0]["is_expired"] is True
    renewed = admin.post(f"{URL}{made['id']}/renew")
    assert (renewed.status_code, renewed.json()["id"]) == (200, made["id"])
    assert renewed.json()["link"] != made["link"]
    assert admin.get(URL).json()["results"][0]["is_expired"] is False
    assert code_of(redeem(made["link"])) == GONE
    assert redeem(renewed.json()["link"]).status_code == 200
    assert AuditEvent.objects.filter(action="account_link.renewed").count() == 1


def test_open_invitations_are_listed_newest_first_and_without_their_link() -> None:
    root = make_admin()
    admin = browser(root)
    first, second, third = (invite(admin, username=name) for name in ("first", "second", "third"))
    admin.delete(f"{URL}{second['id']}/")
    rows = admin.get(URL).json()["results"]
    assert [(row["id"], row["user"]["username"]) for row in rows] == [(third["id"], "third"), (first["id"], "first")]
    assert set(rows[0]) == {"id", "user", "created_by", "created_at", "expires_at", "is_expired"}
    assert rows[0]["created_by"]["username"] == "root.admin"
    redeem(first["link"])
    page = admin.get(URL, {"limit": 1}).json()
    assert ([row["id"] for row in page["results"]], page["next"]) == ([third["id"]], None)


def test_a_used_or_revoked_invitation_can_be_neither_renewed_nor_revoked() -> None:
    admin = browser(make_admin())
    used, revoked = invite(admin), invite(admin, username="other")
    redeem(used["link"])
    admin.delete(f"{URL}{revoked['id']}/")
    for number in (used["id"], revoked["id"], 0, 10**40):
        assert admin.delete(f"{URL}{number}/").status_code == 404
        assert admin.post(f"{URL}{number}/renew").status_code == 404
    assert AuditEvent.objects.filter(action="account_link.revoked").count() == 1


def test_an_invitation_of_a_disabled_person_is_not_renewed() -> None:
    admin = browser(make_admin())
    made = invite(admin)
    User.objects.filter(username="zhang.min").update(is_active=False)
    answer = admin.post(f"{URL}{made['id']}/renew")
    assert code_of(answer) == (409, "account_link.user_disabled")


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "an initial secret"}])
def test_disabling_a_person_or_giving_him_a_password_ends_his_links_for_good(change: dict[str, Any]) -> None:
    admin = browser(make_admin())
    made = invite(admin)
    assert admin.patch(f"{USERS}{made['user']['id']}/", change, format="json").status_code == 200
    admin.patch(f"{USERS}{made['user']['id']}/", {"is_active": True}, format="json")
    assert code_of(redeem(made["link"])) == GONE
    assert admin.get(URL).json()["results"] == []


@pytest.mark.parametrize(
    ("change", "name", "code"),
    [
        ({"username": "root.admin"}, "username", "unique"),
        ({"username": "Upper"}, "username", "invalid"),
        ({"email": "no address"}, "email", "invalid"),
        ({"language": "xx"}, "language", "invalid_choice"),
        ({"password": PASSWORD}, "password", "unknown_field"),
        ({"is_active": False}, "is_active", "unknown_field"),
    ],
)
def test_an_invitation_that_is_refused_makes_nobody(change: dict[str, Any], name: str, code: str) -> None:
    answer = browser(make_admin()).post(URL, {"username": "zhang.min", **change}, format="json")
    assert (answer.status_code, answer.json()["fields"][name][-1]["code"]) == (400, code)
    assert (User.objects.count(), AccountLink.objects.count()) == (1, 0)


def test_only_administrators_invite_and_never_by_token() -> None:
    user, admin = make_user(), make_admin()
    made = invite(browser(admin))
    _, secret = make_token(admin)
    for client, code in ((browser(user), "policy.needs_admin"), (token_client(secret), "policy.no_tokens")):
        for answer in (
            client.get(URL),
            client.post(URL, {"username": "x"}, format="json"),
            client.delete(f"{URL}{made['id']}/"),
            client.post(f"{URL}{made['id']}/renew"),
            client.post(f"{USERS}{user.pk}/password-reset"),
        ):
            assert code_of(answer) == (403, code)
    assert (User.objects.count(), AccountLink.objects.count()) == (3, 1)
    assert look(made["link"]).status_code == 200


def test_an_invited_person_cannot_sign_in_before_and_not_with_an_empty_password() -> None:
    invite(browser(make_admin()))
    for password in (" ", "!", "zhang.min"):
        body = {"username": "zhang.min", "password": password}
        assert browser().post("/api/v1/login", body, format="json").status_code == 401


def test_where_a_link_leads_is_configured_and_not_what_a_host_header_says(settings: Any, monkeypatch: Any) -> None:
    admin = browser(make_admin())
    monkeypatch.setattr(settings.CONFIG, "origins", "https://portal.example.org, https://other.example.org")
    evil = admin.post(URL, {"username": "zhang.min"}, format="json", HTTP_HOST="evil.example")
    assert evil.json()["link"].startswith("https://portal.example.org/welcome#")
    monkeypatch.setattr(settings.CONFIG, "origins", "")
    own = admin.post(URL, {"username": "li.wei"}, format="json")
    assert own.json()["link"].startswith("http://testserver/welcome#")
