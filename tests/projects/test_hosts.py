"""Hosts files over the API: who may read and save, versions, differences, two savers at once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from apps.audit.models import AuditEvent
from apps.common.db import db_now
from apps.common.errors import Conflict
from apps.projects.api import hosts_entries
from apps.projects.hosts import HostEntry
from apps.projects.models import Grant, HostsVersion
from apps.projects.services import hosts as services
from tests.projects.conftest import Office
from tests.support.factories import actor_of, grant, make_environment, make_project, make_user, use
from tests.tickets.web import refusals, signed_in, told, with_token

URL = "/api/v1/environments/test/hosts/"
ONE = "10.0.0.1 db\n"
TWO = "10.0.0.2 db\n10.0.0.9 web\n"


def save(client: Any, text: str, based_on: int, note: str = "", url: str = URL) -> Any:
    return client.put(url, {"text": text, "note": note, "based_on": based_on}, format="json")


def saved() -> list[tuple[int, str]]:
    return list(HostsVersion.objects.order_by("environment_id", "number").values_list("number", "text"))


class TestSaving:
    def test_before_the_first_version_there_is_number_0_and_no_text(self, office: Office) -> None:
        assert office.client("developer").get(URL).json() == {
            "number": 0,
            "text": "",
            "entries": [],
            "url": "/hosts/test.txt",
            "note": "",
            "restored_from": None,
            "author": None,
            "sha256": "",
            "created_at": None,
        }
        assert hosts_entries(office.test) == ()

    def test_each_saving_makes_a_version_and_leaves_the_old_one(self, office: Office) -> None:
        client = office.client("admin")
        first = save(client, "10.0.0.1\tDB \r\n10.0.0.1 reports", 0, "the first")
        assert first.status_code == 201
        assert (first.json()["number"], first.json()["text"]) == (1, "10.0.0.1\tDB\n10.0.0.1 reports\n")
        assert first.json()["entries"] == [{"ip": "10.0.0.1", "names": ["db", "reports"]}]
        assert (first.json()["author"]["username"], first.json()["note"]) == ("admin", "the first")
        old = HostsVersion.objects.filter(number=1).values().get()
        second = save(client, TWO, 1)
        assert (second.status_code, second.json()["number"]) == (201, 2)
        assert HostsVersion.objects.filter(number=1).values().get() == old
        assert office.client("developer").get(URL).json() == second.json()
        assert office.client("developer").get(f"{URL}versions/1/").json() == first.json()
        assert hosts_entries(office.test) == (HostEntry("10.0.0.2", ("db",)), HostEntry("10.0.0.9", ("web",)))
        event = AuditEvent.objects.filter(action="hosts.saved").order_by("id").last()
        assert event is not None
        assert (event.actor_name, event.environment_id, event.project_id) == ("admin", office.test.pk, None)
        assert event.params == {
            "environment": "test",
            "number": 2,
            "note": "",
            "restored_from": None,
            "added": 1,
            "removed": 1,
            "changed": 1,
        }

    def test_environments_have_files_of_their_own(self, office: Office) -> None:
        client = office.client("admin")
        save(client, ONE, 0)
        other = "/api/v1/environments/production/hosts/"
        assert save(client, TWO, 0, url=other).json()["number"] == 1
        assert client.get(URL).json()["text"] == ONE
        assert client.get(other).json()["text"] == TWO

    def test_the_text_that_is_current_already_makes_no_version_whatever_it_is_based_on(self, office: Office) -> None:
        client = office.client("admin")
        save(client, ONE, 0)
        for based_on in (0, 1):
            again = save(client, "10.0.0.1 db \r\n", based_on)
            assert (again.status_code, again.json()["number"]) == (200, 1)
        assert saved() == [(1, ONE)]
        assert AuditEvent.objects.filter(action="hosts.saved").count() == 1

    def test_a_file_can_be_emptied(self, office: Office) -> None:
        client = office.client("admin")
        assert save(client, "", 0).json()["number"] == 1
        save(client, ONE, 1)
        assert save(client, "\n \n", 2).json()["text"] == ""

    @pytest.mark.parametrize("based_on", [0, 2, 7])
    def test_what_is_based_on_another_version_is_refused_and_the_saver_is_named(
        self, office: Office, based_on: int
    ) -> None:
        office.admin.display_name = "Zhang San"
        office.admin.save()
        save(office.client("admin"), ONE, 0)
        boss = make_user("boss", is_instance_admin=True, language="en")
        answer = save(signed_in(boss), TWO, based_on)
        assert told(answer) == (409, "hosts.saved_meanwhile")
        assert answer.json()["params"] == {
            "environment": "test",
            "number": 1,
            "based_on": based_on,
            "by": "Zhang San",
        }
        assert "Your text was not saved and is still in front of you" in answer.json()["detail"]
        assert saved() == [(1, ONE)]
        assert AuditEvent.objects.filter(action="hosts.saved").count() == 1

    def test_a_bad_line_is_refused_and_nothing_is_saved(self, office: Office) -> None:
        answer = save(office.client("admin"), "10.0.0.1 db\n10.0.0.300 web\n", 0)
        assert told(answer) == (400, "hosts.bad_lines")
        assert answer.json()["fields"]["text"] == [
            {
                "code": "hosts.bad_address",
                "params": {"line": 2, "value": "10.0.0.300", "address": None},
                "detail": "Line 2 begins with “10.0.0.300”, which is neither an IPv4 nor an IPv6 address. "
                "A line is an address and then its names.",
            }
        ]
        assert saved() == []

    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            ({"based_on": 0}, {"text": "required"}),
            ({"text": ONE}, {"based_on": "required"}),
            ({"text": ONE, "based_on": -1}, {"based_on": "min_value"}),
            ({"text": ONE, "based_on": 2**31}, {"based_on": "max_value"}),
            ({"text": ONE, "based_on": 0, "note": "x" * 201}, {"note": "max_length"}),
            ({"text": ONE, "based_on": 0, "author": 1}, {"author": "unknown_field"}),
            ({"text": ["x"], "based_on": 0}, {"text": "invalid"}),
        ],
    )
    def test_the_body_is_checked(self, office: Office, body: dict[str, Any], problem: dict[str, str]) -> None:
        answer = office.client("admin").put(URL, body, format="json")
        assert answer.status_code == 400
        assert {name: items[0]["code"] for name, items in answer.json()["fields"].items()} == problem
        assert saved() == []


class TestVersions:
    def test_they_are_listed_from_the_newest_page_by_page_without_texts(self, office: Office) -> None:
        client = office.client("admin")
        for number in range(3):
            save(client, f"10.0.0.{number} db\n", number, f"note {number + 1}")
        first = client.get(f"{URL}versions/", {"limit": 2}).json()
        rest = client.get(f"{URL}versions/", {"limit": 2, "cursor": first["next"]}).json()
        rows = first["results"] + rest["results"]
        assert [(row["number"], row["note"], row["author"]["username"]) for row in rows] == [
            (3, "note 3", "admin"),
            (2, "note 2", "admin"),
            (1, "note 1", "admin"),
        ]
        assert rest["next"] is None
        assert all("text" not in row for row in rows)

    def test_restoring_makes_a_new_version_with_the_old_text(self, office: Office) -> None:
        client = office.client("admin")
        save(client, ONE, 0)
        save(client, TWO, 1)
        stale = client.post(f"{URL}versions/1/restore", {"based_on": 1}, format="json")
        assert told(stale) == (409, "hosts.saved_meanwhile")
        answer = client.post(f"{URL}versions/1/restore", {"based_on": 2, "note": "db moved back"}, format="json")
        assert answer.status_code == 201
        found = answer.json()
        assert (found["number"], found["text"], found["restored_from"], found["note"]) == (3, ONE, 1, "db moved back")
        assert saved() == [(1, ONE), (2, TWO), (3, ONE)]
        event = AuditEvent.objects.filter(action="hosts.saved").order_by("id").last()
        assert event is not None
        assert (event.params["number"], event.params["restored_from"]) == (3, 1)

    def test_the_difference_is_given_as_text_and_in_meaning(self, office: Office) -> None:
        client = office.client("admin")
        save(client, "10.0.0.1 db\n10.0.0.3 old\n", 0)
        save(client, TWO, 1)
        answer = office.client("developer").get(f"{URL}difference", {"before": 1, "after": 2})
        assert answer.json() == {
            "before": 1,
            "after": 2,
            "unified": "--- test version 1\n+++ test version 2\n@@ -1,2 +1,2 @@\n"
            "-10.0.0.1 db\n-10.0.0.3 old\n+10.0.0.2 db\n+10.0.0.9 web\n",
            "added": [{"name": "web", "addresses": ["10.0.0.9"]}],
            "removed": [{"name": "old", "addresses": ["10.0.0.3"]}],
            "changed": [{"name": "db", "before": ["10.0.0.1"], "after": ["10.0.0.2"]}],
        }
        back = client.get(f"{URL}difference", {"before": 2, "after": 0}).json()
        assert ([row["name"] for row in back["removed"]], back["added"]) == (["db", "web"], [])

    @pytest.mark.parametrize(
        ("before", "after", "expected"),
        [("1", "", 400), ("x", "1", 400), ("1", "-1", 400), ("1", "2", 404), ("9" * 30, "1", 400), ("²", "1", 400)],
    )
    def test_numbers_that_are_none_are_refused(self, office: Office, before: str, after: str, expected: int) -> None:
        client = office.client("admin")
        save(client, ONE, 0)
        assert client.get(f"{URL}difference", {"before": before, "after": after}).status_code == expected

    def test_a_version_there_is_not_is_not_found(self, office: Office) -> None:
        client = office.client("admin")
        save(client, ONE, 0)
        for number in ("0", "2", "99999999999999999999"):
            assert client.get(f"{URL}versions/{number}/").status_code == 404
            answer = client.post(f"{URL}versions/{number}/restore", {"based_on": 1}, format="json")
            assert answer.status_code == 404
        assert saved() == [(1, ONE)]

    @pytest.mark.parametrize("number", [2, 40])
    def test_a_page_costs_the_same_few_queries(
        self, office: Office, number: int, django_assert_max_num_queries: Any
    ) -> None:
        for n in range(number):
            HostsVersion.objects.create(environment=office.test, number=n + 1, text=ONE, author=office.admin)
        client = office.client("developer")
        with django_assert_max_num_queries(8):
            assert len(client.get(f"{URL}versions/", {"limit": number}).json()["results"]) == number
        with django_assert_max_num_queries(8):
            assert client.get(URL).json()["number"] == number


READS = (URL, f"{URL}text", f"{URL}versions/", f"{URL}versions/1/", f"{URL}difference?before=0&after=1")


class TestRights:
    @pytest.fixture(autouse=True)
    def one_version(self, office: Office) -> None:
        save(office.client("admin"), ONE, 0)

    @pytest.mark.parametrize("role", ["developer", "tester", "ops"])
    def test_any_role_in_the_environment_reads(self, office: Office, role: str) -> None:
        person = make_user("reader")
        grant(person, make_project("mail"), office.test, role)
        client = signed_in(person)
        assert [client.get(url).status_code for url in READS] == [200] * 5

    def test_who_has_no_live_grant_in_the_environment_is_told_why(self, office: Office) -> None:
        elsewhere, ended, revoked = make_user("elsewhere"), make_user("ended"), make_user("revoked")
        grant(elsewhere, office.project, office.production, "ops")
        grant(ended, office.project, office.test, "ops", expires_at=db_now() - timedelta(seconds=1))
        grant(revoked, office.project, office.test, "ops", revoked_at=db_now())
        for person in (elsewhere, ended, revoked, office.stranger, office.owner):
            client = signed_in(person)
            for url in READS:
                answer = client.get(url)
                assert told(answer) == (403, "policy.needs_role"), (person, url)
                assert ONE.strip() not in answer.content.decode()
        assert set(refusals()) == {"hosts.read"}

    def test_a_revoked_grant_counts_from_the_next_request_on(self, office: Office) -> None:
        client = office.client("developer")
        assert client.get(URL).status_code == 200
        Grant.objects.filter(user=office.developer).update(revoked_at=db_now())
        assert client.get(URL).status_code == 403

    def test_a_visitor_is_asked_to_sign_in(self, office: Office) -> None:
        for url in READS:
            assert told(APIClient().get(url)) == (401, "not_authenticated")

    def test_administrators_save_and_nobody_else(self, office: Office) -> None:
        person = make_user("ops")
        grant(person, office.project, office.test, "ops")
        for client in (signed_in(person), office.client("owner"), office.client("developer")):
            assert told(save(client, TWO, 1)) == (403, "policy.needs_admin")
            answer = client.post(f"{URL}versions/1/restore", {"based_on": 1}, format="json")
            assert told(answer) == (403, "policy.needs_admin")
        assert saved() == [(1, ONE)]
        assert set(refusals()) == {"hosts.manage"}

    def test_an_environment_there_is_not_is_not_found(self, office: Office) -> None:
        url = "/api/v1/environments/moon/hosts/"
        for who in ("admin", "developer"):
            assert office.client(who).get(url).status_code == 404
        assert save(office.client("admin"), ONE, 0, url=url).status_code == 404

    def test_an_api_token_reads_within_its_scope_and_its_project(self, office: Office) -> None:
        other = make_project("mail")
        grant(office.developer, other, office.production, "developer")
        assert with_token(office.developer, "hosts.read").get(URL).status_code == 200
        assert told(with_token(office.developer, "project.read").get(URL)) == (403, "policy.token_scope")
        assert with_token(office.developer, "*", project=office.project).get(URL).status_code == 200
        assert with_token(office.developer, "*", project=other).get(URL).status_code == 404
        assert with_token(office.admin, "*", project=other).get(URL).status_code == 404
        assert with_token(office.stranger, "*", project=office.project).get(URL).status_code == 404
        use(other, office.test)
        assert told(with_token(office.developer, "*", project=other).get(URL)) == (403, "policy.needs_role")
        assert with_token(office.admin, "hosts.manage").put(URL, {"text": TWO, "based_on": 1}).status_code == 201
        assert with_token(office.admin, "*", project=office.project).put(URL, {}).status_code == 403


class TestTextOverTheApi:
    def test_a_member_downloads_it_with_an_entity_tag(self, office: Office) -> None:
        client = office.client("developer")
        assert told(client.get(f"{URL}text")) == (404, "hosts.none_yet")
        save(office.client("admin"), ONE, 0)
        answer = client.get(f"{URL}text", HTTP_ACCEPT="text/html")
        assert (answer.content.decode(), answer["Content-Type"]) == (ONE, "text/plain; charset=utf-8")
        assert answer["Cache-Control"] == "no-cache"
        same = client.get(f"{URL}text", HTTP_IF_NONE_MATCH=answer["ETag"])
        assert (same.status_code, same.content) == (304, b"")


@pytest.mark.django_db(transaction=True)
def test_of_two_savers_at_once_one_wins_and_the_other_is_told_who() -> None:
    environment = make_environment("test")
    people = [make_user("one", is_instance_admin=True), make_user("two", is_instance_admin=True)]
    services.save_hosts(environment, ONE, based_on=0, actor=actor_of(people[0]))
    start, results = threading.Barrier(2), []

    def go(number: int) -> None:
        start.wait()
        try:
            services.save_hosts(environment, f"10.1.1.{number} x\n", based_on=1, actor=actor_of(people[number]))
        except Conflict as error:
            results.append((error.code, error.params["number"], error.params["by"]))
        else:
            results.append(("saved", number, people[number].username))
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    conflict, winner = sorted(results)
    assert conflict == ("hosts.saved_meanwhile", 2, winner[2])
    assert saved() == [(1, ONE), (2, f"10.1.1.{winner[1]} x\n")]
    assert AuditEvent.objects.filter(action="hosts.saved").count() == 2
