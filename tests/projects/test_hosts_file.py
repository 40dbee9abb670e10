"""The hosts file as machines download it, and the tokens that open it."""

from __future__ import annotations

import base64
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils.http import http_date

from apps.accounts.models import LoginThrottle
from apps.accounts.throttle import WINDOW_SECONDS
from apps.audit.models import AuditEvent
from apps.common.db import db_now
from apps.common.errors import Conflict
from apps.projects.models import Environment, HostsToken, HostsVersion
from apps.projects.services.hosts import save_hosts
from apps.projects.services.hosts_tokens import create_hosts_token, revoke_hosts_token
from tests.accounts.factories import make_token
from tests.projects.conftest import Office
from tests.support.factories import actor_of, grant, make_environment, make_user
from tests.tickets.web import refusals, signed_in, told, with_token

TOKENS = "/api/v1/environments/test/hosts/tokens/"
FILE = "/hosts/test.txt"
TEXT = "# 数据库\n10.0.0.1 db\n"
SENTENCE = (
    "This hosts file takes the token of its environment, as a bearer or as the password of basic authentication. "
    "Ask an administrator for one.\n"
)


@pytest.fixture
def secret(office: Office) -> str:
    """A token of the environment `test`, which has a first version."""
    save_hosts(office.test, TEXT, based_on=0, actor=actor_of(office.admin))
    return create_hosts_token(office.test, "web machines", actor=actor_of(office.admin))[1]


def fetch(secret: str = "", url: str = FILE, **headers: str) -> Any:
    if secret:
        headers["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return Client().get(url, **headers)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class TestDownload:
    def test_a_holder_gets_the_text_as_it_was_saved(self, secret: str) -> None:
        answer = fetch(secret)
        version = HostsVersion.objects.get()
        assert (answer.status_code, answer.content.decode()) == (200, TEXT)
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        assert answer["Cache-Control"] == "no-cache"
        assert answer["ETag"] == f'"{version.sha256}"'
        assert answer["Last-Modified"] == http_date(int(version.created_at.timestamp()))
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer

    def test_who_has_it_already_gets_304_until_it_changes(self, office: Office, secret: str) -> None:
        first = fetch(secret)
        for tag in (first["ETag"], f"W/{first['ETag']}", f'"other", {first["ETag"]}', "*"):
            same = fetch(secret, HTTP_IF_NONE_MATCH=tag)
            assert (same.status_code, same.content, same["ETag"]) == (304, b"", first["ETag"])
        assert fetch(secret, HTTP_IF_MODIFIED_SINCE=first["Last-Modified"]).status_code == 304
        save_hosts(office.test, "10.0.0.2 db\n", based_on=1, actor=actor_of(office.admin))
        fresh = fetch(secret, HTTP_IF_NONE_MATCH=first["ETag"])
        assert (fresh.status_code, fresh.content) == (200, b"10.0.0.2 db\n")
        # the tag decides where both are sent (RFC 9110, 13.2.2)
        both = {"HTTP_IF_NONE_MATCH": first["ETag"], "HTTP_IF_MODIFIED_SINCE": fresh["Last-Modified"]}
        assert fetch(secret, **both).status_code == 200

    def test_a_restored_text_has_the_tag_it_had(self, office: Office, secret: str) -> None:
        first = fetch(secret)
        save_hosts(office.test, "10.0.0.2 db\n", based_on=1, actor=actor_of(office.admin))
        save_hosts(office.test, TEXT, based_on=2, actor=actor_of(office.admin))
        assert fetch(secret, HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 304

    def test_head_answers_without_a_body(self, secret: str) -> None:
        answer = Client().head(FILE, HTTP_AUTHORIZATION=f"Bearer {secret}")
        assert (answer.status_code, answer.content, answer["Content-Length"]) == (200, b"", str(len(TEXT.encode())))

    @pytest.mark.parametrize("user", ["", "hosts", "张"])
    def test_the_password_of_basic_authentication_is_taken_with_any_name(self, secret: str, user: str) -> None:
        assert fetch(HTTP_AUTHORIZATION=basic(user, secret)).content.decode() == TEXT

    def test_before_the_first_version_a_holder_is_told_and_gets_no_empty_file(self, office: Office) -> None:
        secret = create_hosts_token(office.test, "early", actor=actor_of(office.admin))[1]
        answer = fetch(secret)
        assert (answer.status_code, answer.content.decode()) == (404, "test has no hosts file yet.\n")

    @pytest.mark.parametrize("method", ["post", "put", "delete"])
    def test_it_is_read_only(self, secret: str, method: str) -> None:
        answer = getattr(Client(), method)(FILE, HTTP_AUTHORIZATION=f"Bearer {secret}")
        assert answer.status_code == 405
        assert HostsVersion.objects.count() == 1

    def test_asking_again_costs_three_statements_and_none_that_writes(
        self, secret: str, django_assert_max_num_queries: Any
    ) -> None:
        tag = fetch(secret)["ETag"]
        with django_assert_max_num_queries(3) as seen:
            assert fetch(secret, HTTP_IF_NONE_MATCH=tag).status_code == 304
        assert [q["sql"].split()[0] for q in seen.captured_queries] == ["SELECT"] * 3
        assert not any('"text"' in q["sql"] for q in seen.captured_queries)

    def test_its_use_is_noted_at_most_once_a_minute(self, secret: str) -> None:
        assert HostsToken.objects.get().last_used_at is None
        fetch(secret)
        first = HostsToken.objects.get().last_used_at
        assert first is not None
        fetch(secret)
        assert HostsToken.objects.get().last_used_at == first
        HostsToken.objects.update(last_used_at=first - timedelta(seconds=61))
        fetch(secret)
        again = HostsToken.objects.get().last_used_at
        assert again is not None
        assert again >= first


class TestStrangers:
    def wrong(self, office: Office, secret: str) -> dict[str, str]:
        """Authorization headers that open nothing."""
        other = create_hosts_token(office.production, "production", actor=actor_of(office.admin))[1]
        revoked, dead = create_hosts_token(office.test, "dead", actor=actor_of(office.admin))
        revoke_hosts_token(office.test, revoked.pk, actor=actor_of(office.admin))
        return {
            "none": "",
            "nonsense": "Bearer nonsense",
            "another secret under its prefix": f"Bearer {secret[:-1]}{'A' if secret[-1] != 'A' else 'B'}",
            "another environment's": f"Bearer {other}",
            "revoked": f"Bearer {dead}",
            "an administrator's API token": f"Bearer {make_token(office.admin)[1]}",
            "as user name": basic(secret, ""),
            "no base64": "Basic %%%",
            "no UTF-8": "Basic " + base64.b64encode(b"\xff:\xff").decode(),
            "another scheme": f"Digest {secret}",
            "a NUL": f"Bearer {secret[:10]}\x00",
        }

    def test_all_that_opens_nothing_is_answered_alike_also_where_there_is_no_environment(
        self, office: Office, secret: str
    ) -> None:
        answers = set()
        for header in self.wrong(office, secret).values():
            for url in (FILE, "/hosts/moon.txt", "/hosts/%00.txt", "/hosts/no%20such.txt", "/hosts/测试.txt"):
                LoginThrottle.objects.all().delete()
                answer = Client().get(url, HTTP_AUTHORIZATION=header)
                headers = {k: v for k, v in answer.headers.items() if k != "X-Request-ID"}
                answers.add((answer.status_code, answer.content.decode(), tuple(sorted(headers.items()))))
        assert len(answers) == 1
        ((status, text, headers),) = answers
        assert (status, text) == (401, SENTENCE)
        assert dict(headers)["WWW-Authenticate"].startswith("Basic realm=")
        assert dict(headers)["Content-Type"] == "text/plain; charset=utf-8"

    def test_a_good_token_opens_no_other_environment(self, secret: str) -> None:
        answers = [fetch(secret, url=url) for url in ("/hosts/production.txt", "/hosts/moon.txt", "/hosts/TEST.txt")]
        assert {(a.status_code, a.content.decode()) for a in answers} == {(401, SENTENCE)}
        assert HostsToken.objects.get().last_used_at is None

    def test_neither_a_session_nor_a_secret_in_the_url_opens_it(self, office: Office, secret: str) -> None:
        assert signed_in(office.admin).get(FILE).status_code == 401
        for query in (f"?token={secret}", f"?access_token={secret}"):
            assert Client().get(FILE + query).status_code == 401

    def test_the_token_opens_nothing_else(self, secret: str) -> None:
        for url in ("/api/v1/me", "/api/v1/environments/test/hosts/", "/api/v1/environments/"):
            assert fetch(secret, url=url).status_code == 401

    def test_the_sentence_is_in_the_language_asked_for(self, secret: str) -> None:
        assert fetch(HTTP_ACCEPT_LANGUAGE="zh-CN").content.decode().startswith("下载此 hosts 文件需要所属环境的令牌")

    def test_the_sixth_wrong_secret_from_an_address_is_throttled_and_no_good_one_is(self, secret: str) -> None:
        urls = [FILE, "/hosts/moon.txt", FILE, FILE, "/hosts/mars.txt"]
        assert [fetch("wrong", url=url).status_code for url in urls] == [401] * 5
        for url in (FILE, "/hosts/moon.txt"):
            answer = fetch("wrong", url=url)
            assert answer.status_code == 429
            assert 0 < int(answer["Retry-After"]) <= WINDOW_SECONDS
            assert answer.content.decode() == f"Too many attempts. Try again in {answer['Retry-After']} s.\n"
        assert fetch("wrong", REMOTE_ADDR="10.9.9.9").status_code == 401
        assert fetch(secret).status_code == 200
        assert fetch("wrong").status_code == 429

    def test_asking_without_a_secret_is_never_counted(self, secret: str) -> None:
        assert [fetch().status_code for _ in range(8)] == [401] * 8
        assert LoginThrottle.objects.count() == 0

    def test_no_path_below_hosts_is_the_browser_applications_page(self, secret: str) -> None:
        for url in ("/hosts", "/hosts/", "/hosts/test", "/hosts/test.txt/", "/hosts/a/b.txt"):
            assert fetch(secret, url=url).status_code == 404, url


class TestTokens:
    def test_the_secret_is_shown_once_and_not_stored(self, office: Office) -> None:
        client = office.client("admin")
        made = client.post(TOKENS, {"name": "web machines"}, format="json")
        assert (made.status_code, made["Cache-Control"]) == (201, "no-store")
        secret, row = made.json()["secret"], HostsToken.objects.get()
        assert secret.startswith(f"oph_{row.prefix}_")
        kept_by_the_caller = secret.removeprefix(f"oph_{row.prefix}_")
        assert len(kept_by_the_caller) == 43
        listed = client.get(TOKENS).json()["results"]
        assert listed == [{key: value for key, value in made.json().items() if key != "secret"}]
        assert (listed[0]["name"], listed[0]["created_by"]["username"]) == ("web machines", "admin")
        with connection.cursor() as cursor:
            cursor.execute("SELECT t::text FROM projects_hoststoken t UNION ALL SELECT a::text FROM audit_auditevent a")
            assert [text for (text,) in cursor.fetchall() if kept_by_the_caller in text] == []
        event = AuditEvent.objects.get(action="hosts_token.created")
        assert (event.actor_name, event.environment_id, event.target_id) == ("admin", office.test.pk, str(row.pk))
        assert event.params == {"environment": "test", "name": "web machines"}

    def test_two_live_at_once_so_that_one_is_replaced_without_a_gap(self, office: Office, secret: str) -> None:
        client = office.client("admin")
        fresh = client.post(TOKENS, {"name": "next"}, format="json").json()["secret"]
        assert [fetch(token).status_code for token in (secret, fresh)] == [200, 200]
        old = HostsToken.objects.get(name="web machines")
        assert client.delete(f"{TOKENS}{old.pk}/").status_code == 204
        assert [fetch(token).status_code for token in (secret, fresh)] == [401, 200]
        assert client.delete(f"{TOKENS}{old.pk}/").status_code == 404
        assert AuditEvent.objects.filter(action="hosts_token.revoked").count() == 1
        rows = client.get(TOKENS).json()["results"]
        assert [(row["name"], row["revoked_at"] is None) for row in rows] == [("next", True), ("web machines", False)]

    def test_a_token_is_found_below_its_own_environment_only(self, office: Office, secret: str) -> None:
        token = HostsToken.objects.get()
        url = f"/api/v1/environments/production/hosts/tokens/{token.pk}/"
        assert office.client("admin").delete(url).status_code == 404
        assert fetch(secret).status_code == 200

    def test_only_administrators_with_a_session_touch_them(self, office: Office, secret: str) -> None:
        person = make_user("ops")
        grant(person, office.project, office.test, "ops")
        one = f"{TOKENS}{HostsToken.objects.get().pk}/"
        for client in (signed_in(person), office.client("owner"), office.client("stranger")):
            assert told(client.get(TOKENS)) == (403, "policy.needs_admin")
            assert told(client.post(TOKENS, {"name": "x"}, format="json")) == (403, "policy.needs_admin")
            assert told(client.delete(one)) == (403, "policy.needs_admin")
        token = with_token(office.admin, "*")
        assert told(token.post(TOKENS, {"name": "x"})) == (403, "policy.no_tokens")
        assert HostsToken.objects.filter(revoked_at=None).count() == 1
        assert set(refusals()) == {"hosts_token.manage"}

    def test_the_twenty_first_is_refused_and_a_revoked_one_makes_room(self, office: Office) -> None:
        actor = actor_of(office.admin)
        made = [create_hosts_token(office.test, f"t{n}", actor=actor)[0] for n in range(20)]
        client = office.client("admin")
        answer = client.post(TOKENS, {"name": "one more"}, format="json")
        assert told(answer) == (409, "hosts.token_limit")
        assert answer.json()["params"] == {"environment": "test", "limit": 20}
        assert create_hosts_token(office.production, "elsewhere", actor=actor)[0].pk
        revoke_hosts_token(office.test, made[0].pk, actor=actor)
        assert client.post(TOKENS, {"name": "one more"}, format="json").status_code == 201
        assert HostsToken.objects.filter(environment=office.test, revoked_at=None).count() == 20

    @pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x" * 101}, {"name": "x", "secret": "mine"}])
    def test_the_body_is_checked(self, office: Office, body: dict[str, str]) -> None:
        assert office.client("admin").post(TOKENS, body, format="json").status_code == 400
        assert HostsToken.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_tokens_made_at_once_when_one_may_be_one_is() -> None:
    environment: Environment = make_environment("test")
    actor = actor_of(make_user("boss", is_instance_admin=True))
    for n in range(19):
        HostsToken.objects.create(environment=environment, name=f"t{n}", prefix=f"p{n}", created_at=db_now())
    start, results = threading.Barrier(2), []

    def make() -> None:
        start.wait()
        try:
            create_hosts_token(environment, "one more", actor=actor)
        except Conflict as error:
            results.append(error.code)
        else:
            results.append("made")
        finally:
            connection.close()

    threads = [threading.Thread(target=make) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["hosts.token_limit", "made"]
    assert HostsToken.objects.count() == 20
