"""The list of one's own browser sessions, and how one ends them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db.models import F

from apps.accounts import sessions
from apps.accounts.browsers import browser_words
from apps.accounts.models import UserSession
from apps.audit.models import AuditEvent
from tests.accounts.factories import browser, make_token, make_user, token_client

pytestmark = [pytest.mark.urls("tests.common.urls"), pytest.mark.django_db]
URL, ME = "/api/v1/sessions/", "/api/v1/me"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (CHROME, "Chrome on Windows"),
        (CHROME + " Edg/142.0.0.0", "Edge on Windows"),
        (SAFARI, "Safari on iOS"),
        (SAFARI.replace("Version/18.0", "CriOS/142.0"), "Chrome on iOS"),
        ("curl/8.5.0", "curl"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "macOS"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_a_browser_is_told_in_a_few_words(user_agent: str, words: str) -> None:
    assert browser_words(user_agent) == words


def test_one_sees_ones_own_sessions_newest_first_and_which_one_asks() -> None:
    user = make_user()
    browser(user, HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="10.0.0.7")
    browser(make_user("zhang.min"))
    here = browser(user, HTTP_USER_AGENT=CHROME)
    rows = here.get(URL).json()["results"]
    assert [(row["browser"], row["ip"], row["is_current"]) for row in rows] == [
        ("Chrome on Windows", "127.0.0.1", True),
        ("Firefox on Linux", "10.0.0.7", False),
    ]
    assert set(rows[0]) == {"id", "created_at", "last_seen_at", "ip", "browser", "is_current"}


def test_a_session_that_has_run_out_is_not_listed() -> None:
    user = make_user()
    browser(user)
    Session.objects.update(expire_date=F("expire_date") - timedelta(days=30))
    assert len(browser(user).get(URL).json()["results"]) == 1


def test_a_long_or_odd_user_agent_is_kept_in_part() -> None:
    user = make_user()
    browser(user, HTTP_USER_AGENT="x\x00\ny" + "z" * 1000)
    kept = UserSession.objects.get().user_agent
    assert (kept[:4], len(kept)) == ("xyzz", 300)


def test_ending_one_session_ends_that_one_only() -> None:
    user = make_user()
    here, there = browser(user), browser(user)
    row = UserSession.objects.order_by("-id").first()
    assert row is not None
    assert here.delete(f"{URL}{row.pk}/").status_code == 204
    assert (here.get(ME).status_code, there.get(ME).status_code) == (200, 401)
    assert (UserSession.objects.count(), Session.objects.count()) == (1, 1)
    event = AuditEvent.objects.get(action="session.ended")
    assert (event.actor_id, event.target_id, event.params) == (user.pk, str(user.pk), {"session_id": row.pk})


@pytest.mark.parametrize("session_id", [None, 0, 10**40])
def test_another_persons_session_looks_as_if_it_were_not_there(session_id: int | None) -> None:
    other = browser(make_user("zhang.min"))
    here = browser(make_user())
    wanted = UserSession.objects.get(user__username="zhang.min").pk if session_id is None else session_id
    assert here.delete(f"{URL}{wanted}/").status_code == 404
    assert (other.get(ME).status_code, UserSession.objects.count()) == (200, 2)
    assert AuditEvent.objects.filter(action="session.ended").count() == 0


def test_ending_the_others_leaves_this_one_and_other_people() -> None:
    user = make_user()
    stranger, there, also = browser(make_user("zhang.min")), browser(user), browser(user)
    here = browser(user)
    assert here.post(URL + "end-others").status_code == 204
    assert [client.get(ME).status_code for client in (here, stranger, there, also)] == [200, 200, 401, 401]
    event = AuditEvent.objects.get(action="session.others_ended")
    assert (event.actor_id, event.params) == (user.pk, {"sessions": 2})


def test_sessions_are_no_business_of_tokens_visitors_or_foreign_pages() -> None:
    user = make_user()
    here = browser(user)
    _, secret = make_token(user)
    row = UserSession.objects.get()
    here.credentials()
    refused: list[tuple[Any, int, str]] = [
        (token_client(secret).get(URL), 403, "policy.no_tokens"),
        (token_client(secret).delete(f"{URL}{row.pk}/"), 403, "policy.no_tokens"),
        (browser().get(URL), 401, "not_authenticated"),
        (browser().post(URL + "end-others"), 401, "not_authenticated"),
        (here.post(URL + "end-others"), 403, "csrf_failed"),
        (here.delete(f"{URL}{row.pk}/"), 403, "csrf_failed"),
    ]
    for answer, status, code in refused:
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert UserSession.objects.get() == row


def test_being_seen_is_written_at_most_once_a_minute() -> None:
    client = browser(make_user())
    minutes = UserSession.objects.update(last_seen_at=F("last_seen_at") - timedelta(minutes=30))
    long_ago = UserSession.objects.get().last_seen_at
    client.get(ME)
    assert (minutes, UserSession.objects.get().last_seen_at) == (1, long_ago)
    sessions._noted.clear()  # another process: it has not yet seen the session
    client.get(ME)
    seen_at = UserSession.objects.get().last_seen_at
    assert seen_at > long_ago + timedelta(minutes=29)
    sessions._noted.clear()
    client.get(ME)
    assert UserSession.objects.get().last_seen_at == seen_at


def test_most_requests_cost_no_statement_for_being_seen(django_assert_num_queries: Any) -> None:
    client = browser(make_user())
    with django_assert_num_queries(4):  # the session, the person, his roles, whether he owns a project
        client.get(ME)
