"""Migration state over the API: who may change it, what fits together, the way back, the upstream, two at once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.common.errors import Conflict
from apps.projects.models import Environment, MigrationRevision, Project, ProjectEnvironment, Resource
from apps.projects.services import migration
from tests.projects.conftest import Office
from tests.support.factories import actor_of, grant, make_environment, make_project, make_user, use
from tests.tickets.web import refusals, signed_in, told, with_token

URL = "/api/v1/projects/book-api-n1/environments/test/migration/"


@pytest.fixture
def ops(office: Office) -> User:
    """Ops of book-api-n1 in test, where it has two virtual machines."""
    person = make_user("sun.jie", display_name="Sun Jie")
    grant(person, office.project, office.test, "ops")
    server(office.project, office.test, "vm1", "10.0.0.1:8080")
    server(office.project, None, "vm2", "VM2.Example:8080")
    return person


def server(
    project: Project, environment: Environment | None, name: str, address: str, kind: str = "server"
) -> Resource:
    return Resource.objects.create(project=project, environment=environment, kind=kind, name=name, address=address)


def body(state: str = "mixed", weight: int = 20, servers: Any = ("10.0.9.9:80",), **more: Any) -> dict[str, Any]:
    return {
        "state": state,
        "container_weight": weight,
        "container_servers": list(servers),
        "reason": "first container",
        "based_on": 0,
        **more,
    }


def rows() -> list[tuple[int, str, int]]:
    return list(MigrationRevision.objects.order_by("number").values_list("number", "state", "container_weight"))


class TestChanging:
    def test_before_the_first_revision_everything_runs_on_virtual_machines(self, office: Office, ops: User) -> None:
        assert office.client("developer").get(URL).json() == {
            "number": 0,
            "state": "vm",
            "container_weight": 0,
            "container_servers": [],
            "reason": "",
            "author": None,
            "created_at": None,
            "vm_servers": ["10.0.0.1:8080", "vm2.example:8080"],
            "unusable_servers": [],
        }

    def test_ops_of_the_pair_changes_it_and_it_is_told_who_when_and_why(self, office: Office, ops: User) -> None:
        answer = signed_in(ops).put(URL, body(servers=["LB.Example:80", "[2001:DB8::1]:80", "lb.example:80"]))
        assert answer.status_code == 201, answer.content
        found = answer.json()
        assert (found["number"], found["state"], found["container_weight"]) == (1, "mixed", 20)
        assert found["container_servers"] == ["lb.example:80", "[2001:db8::1]:80"]
        assert (found["author"]["display_name"], found["reason"]) == ("Sun Jie", "first container")
        assert found["created_at"] is not None
        assert office.client("developer").get(URL).json() == found
        event = AuditEvent.objects.get(action="migration.changed")
        assert (event.actor_name, event.project_id, event.environment_id, event.target_name) == (
            "sun.jie",
            office.project.pk,
            office.test.pk,
            "book-api-n1/test revision 1",
        )
        assert event.params == {
            "number": 1,
            "reason": "first container",
            "before": {"state": "vm", "container_weight": 0, "container_servers": []},
            "after": {
                "state": "mixed",
                "container_weight": 20,
                "container_servers": ["lb.example:80", "[2001:db8::1]:80"],
            },
        }

    def test_the_way_from_machines_to_containers_is_kept_as_history(self, office: Office, ops: User) -> None:
        client = signed_in(ops)
        for number, (state, weight) in enumerate([("vm", 0), ("mixed", 1), ("mixed", 99), ("container", 100)]):
            change = body(state, weight, based_on=number, reason=f"step {number + 1}")
            assert client.put(URL, change).status_code == 201
        first = client.get(f"{URL}history/", {"limit": 3}).json()
        rest = client.get(f"{URL}history/", {"limit": 3, "cursor": first["next"]}).json()
        found = [
            (r["number"], r["state"], r["container_weight"], r["reason"]) for r in first["results"] + rest["results"]
        ]
        assert found == [
            (4, "container", 100, "step 4"),
            (3, "mixed", 99, "step 3"),
            (2, "mixed", 1, "step 2"),
            (1, "vm", 0, "step 1"),
        ]
        assert (rest["next"], first["results"][0]["author"]["username"]) == (None, "sun.jie")

    def test_what_is_current_already_makes_no_revision(self, office: Office, ops: User) -> None:
        client = signed_in(ops)
        client.put(URL, body())
        again = client.put(URL, body(reason="once more"))
        assert (again.status_code, again.json()["number"], again.json()["reason"]) == (200, 1, "first container")
        assert AuditEvent.objects.filter(action="migration.changed").count() == 1

    def test_what_is_based_on_another_revision_is_refused_and_who_changed_it_is_named(
        self, office: Office, ops: User
    ) -> None:
        signed_in(ops).put(URL, body())
        other = make_user("li.wei")
        grant(other, office.project, office.test, "ops")
        for based_on in (0, 2):
            answer = signed_in(other).put(URL, body("container", 100, based_on=based_on))
            assert told(answer) == (409, "migration.changed_meanwhile")
            assert answer.json()["params"] == {
                "where": "book-api-n1/test",
                "number": 1,
                "based_on": based_on,
                "by": "Sun Jie",
                "weight": 20,
            }
        assert rows() == [(1, "mixed", 20)]

    def test_each_environment_of_a_project_has_its_own(self, office: Office, ops: User) -> None:
        signed_in(ops).put(URL, body())
        there = office.client("developer").get(URL.replace("/test/", "/production/")).json()
        assert (there["number"], there["state"], there["vm_servers"]) == (0, "vm", ["vm2.example:8080"])

    def test_the_history_outlives_that_the_project_leaves_the_environment(self, office: Office, ops: User) -> None:
        signed_in(ops).put(URL, body())
        ProjectEnvironment.objects.filter(project=office.project, environment=office.test).delete()
        assert signed_in(ops).get(URL).status_code == 404
        use(office.project, office.test)
        assert signed_in(ops).get(URL).json()["number"] == 1


class TestWhatFitsTogether:
    @pytest.mark.parametrize(
        ("state", "weight", "allowed"),
        [
            ("vm", 1, "0"),
            ("vm", 100, "0"),
            ("mixed", 0, "1–99"),
            ("mixed", 100, "1–99"),
            ("container", 99, "100"),
            ("container", 0, "100"),
        ],
    )
    def test_the_weight_fits_the_state(self, ops: User, state: str, weight: int, allowed: str) -> None:
        answer = signed_in(ops).put(URL, body(state, weight))
        assert told(answer) == (400, "migration.bad_weight")
        assert answer.json()["params"] == {"state": state, "weight": weight, "allowed": allowed}
        assert list(answer.json()["fields"]) == ["container_weight"]
        assert rows() == []
        assert not AuditEvent.objects.filter(action="migration.changed").exists()

    @pytest.mark.django_db
    def test_the_database_refuses_it_too(self, office: Office) -> None:
        with pytest.raises(IntegrityError, match="migration_weight_of_state"), transaction.atomic():
            MigrationRevision.objects.create(
                project=office.project, environment=office.test, number=1, state="vm", container_weight=5, reason="x"
            )

    @pytest.mark.parametrize("weight", [1, 99, 100])
    def test_containers_with_a_share_need_an_address(self, ops: User, weight: int) -> None:
        answer = signed_in(ops).put(URL, body("container" if weight == 100 else "mixed", weight, []))
        assert told(answer) == (400, "migration.no_container_servers")
        assert list(answer.json()["fields"]) == ["container_servers"]
        assert rows() == []

    @pytest.mark.parametrize(("state", "weight"), [("vm", 0), ("mixed", 99)])
    def test_virtual_machines_with_a_share_need_a_server(
        self, office: Office, ops: User, state: str, weight: int
    ) -> None:
        Resource.objects.update(kind="database")
        server(office.project, office.production, "elsewhere", "10.0.0.8:80")
        answer = signed_in(ops).put(URL, body(state, weight))
        assert told(answer) == (400, "migration.no_vm_servers")
        assert (answer.json()["params"], list(answer.json()["fields"])) == ({"where": "book-api-n1/test"}, ["state"])
        assert rows() == []

    def test_a_server_without_a_port_is_named_when_there_is_no_other(self, office: Office, ops: User) -> None:
        Resource.objects.update(address="10.0.0.1")
        answer = signed_in(ops).put(URL, body("vm", 0))
        assert told(answer) == (400, "migration.unusable_server")
        expected = {"where": "book-api-n1/test", "name": "vm1", "address": "10.0.0.1"}
        assert answer.json()["params"] == expected
        assert rows() == []

    def test_a_side_without_a_share_needs_nothing(self, office: Office, ops: User) -> None:
        assert signed_in(ops).put(URL, body("vm", 0, [])).status_code == 201
        Resource.objects.all().delete()
        assert signed_in(ops).put(URL, body("container", 100, based_on=1)).status_code == 201

    @pytest.mark.parametrize("address", ["10.0.0.1", "lb", "http://lb:80", "unix:80", "lb:80; }", "lb:99999", "$a:80"])
    def test_a_container_address_is_host_and_port(self, ops: User, address: str) -> None:
        answer = signed_in(ops).put(URL, body(servers=["10.0.9.9:80", address]))
        assert told(answer) == (400, "migration.bad_address")
        assert answer.json()["params"] == {"address": address}
        assert rows() == []

    def test_an_address_stands_on_one_side_only(self, ops: User) -> None:
        answer = signed_in(ops).put(URL, body(servers=["10.0.0.1:8080"]))
        assert told(answer) == (400, "migration.both_sides")
        assert answer.json()["params"] == {"where": "book-api-n1/test", "address": "10.0.0.1:8080"}
        assert rows() == []

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"state": "moon"}, {"state": "invalid_choice"}),
            ({"container_weight": 101}, {"container_weight": "max_value"}),
            ({"container_weight": 1.5}, {"container_weight": "invalid"}),
            ({"reason": " "}, {"reason": "blank"}),
            ({"reason": "x" * 201}, {"reason": "max_length"}),
            ({"container_servers": ["10.0.9.9:80"] * 51}, {"container_servers": "max_length"}),
            ({"based_on": -1}, {"based_on": "min_value"}),
            ({"vm_servers": []}, {"vm_servers": "unknown_field"}),
        ],
    )
    def test_the_body_is_checked(self, ops: User, change: dict[str, Any], problem: dict[str, str]) -> None:
        answer = signed_in(ops).put(URL, body(**change) if "state" not in change else {**body(), **change})
        assert answer.status_code == 400
        assert {name: items[0]["code"] for name, items in answer.json()["fields"].items()} == problem
        assert rows() == []


class TestTheWayBack:
    def test_it_is_one_change_whatever_is_current_and_keeps_the_container_addresses(self, ops: User) -> None:
        client = signed_in(ops)
        client.put(URL, body("container", 100))
        answer = client.post(f"{URL}back", {"reason": "5xx on every pod"})
        assert answer.status_code == 201
        found = answer.json()
        assert (found["number"], found["state"], found["container_weight"]) == (2, "vm", 0)
        assert (found["reason"], found["container_servers"]) == ("5xx on every pod", ["10.0.9.9:80"])
        event = AuditEvent.objects.filter(action="migration.changed").order_by("id").last()
        assert event is not None
        assert event.params == {
            "number": 2,
            "reason": "5xx on every pod",
            "before": {"state": "container", "container_weight": 100},
            "after": {"state": "vm", "container_weight": 0},
        }
        again = client.post(f"{URL}back", {"reason": "a second click"})
        assert (again.status_code, again.json()["number"]) == (200, 2)
        assert rows() == [(1, "container", 100), (2, "vm", 0)]

    def test_before_the_first_revision_there_is_nothing_to_go_back_from(self, ops: User) -> None:
        answer = signed_in(ops).post(f"{URL}back", {"reason": "now"})
        assert (answer.status_code, answer.json()["number"]) == (200, 0)
        assert rows() == []

    def test_it_needs_a_reason_and_a_server(self, ops: User) -> None:
        client = signed_in(ops)
        client.put(URL, body("container", 100))
        assert client.post(f"{URL}back", {}).json()["fields"]["reason"][0]["code"] == "required"
        Resource.objects.all().delete()
        assert told(client.post(f"{URL}back", {"reason": "now"})) == (400, "migration.no_vm_servers")
        assert rows() == [(1, "container", 100)]

    def test_one_bound_server_without_a_port_does_not_stand_in_its_way(self, office: Office, ops: User) -> None:
        client = signed_in(ops)
        client.put(URL, body("container", 100))
        server(office.project, office.test, "vm3", "10.0.0.3")
        answer = client.post(f"{URL}back", {"reason": "now"})
        assert (answer.status_code, answer.json()["vm_servers"]) == (201, ["10.0.0.1:8080", "vm2.example:8080"])
        (left_out,) = answer.json()["unusable_servers"]
        assert (left_out["name"], left_out["address"]) == ("vm3", "10.0.0.3")


class TestRights:
    def test_nobody_but_ops_of_the_pair_changes_it(self, office: Office, ops: User) -> None:
        elsewhere, tester = make_user("elsewhere"), make_user("tester")
        grant(elsewhere, office.project, office.production, "ops")
        grant(tester, office.project, office.test, "tester")
        for person in (elsewhere, tester, office.owner, office.developer, office.admin):
            client = signed_in(person)
            assert told(client.put(URL, body())) == (403, "policy.needs_role"), person
            assert told(client.post(f"{URL}back", {"reason": "x"})) == (403, "policy.needs_role"), person
        assert rows() == []
        assert refusals() == ["migration.change"] * 10

    def test_a_stranger_is_told_nothing(self, office: Office, ops: User) -> None:
        client = office.client("stranger")
        other = make_user("other.ops")
        grant(other, make_project("mail"), office.test, "ops")
        for person in (client, signed_in(other)):
            for url in (URL, f"{URL}history/", f"{URL}upstream"):
                assert told(person.get(url)) == (404, "not_found")
            assert told(person.put(URL, body(), format="json")) == (404, "not_found")
            assert told(person.post(f"{URL}back", {"reason": "x"}, format="json")) == (404, "not_found")
        assert rows() == []

    def test_members_and_administrators_read_and_visitors_do_not(self, office: Office, ops: User) -> None:
        for url in (URL, f"{URL}history/", f"{URL}upstream"):
            for who in ("developer", "owner", "admin"):
                assert office.client(who).get(url).status_code == 200
            assert APIClient().get(url).status_code == 401

    def test_a_pair_there_is_not_is_not_found(self, office: Office, ops: User) -> None:
        make_environment("spare")
        for environment in ("spare", "moon"):
            assert signed_in(ops).get(URL.replace("/test/", f"/{environment}/")).status_code == 404

    def test_a_token_acts_within_its_scope(self, ops: User) -> None:
        assert told(with_token(ops, "project.read").put(URL, body())) == (403, "policy.token_scope")
        assert with_token(ops, "migration.change").put(URL, body()).status_code == 201
        assert with_token(ops, "project.read").get(f"{URL}upstream").status_code == 200


class TestUpstream:
    def test_it_is_text_with_an_entity_tag_that_changes_with_the_revision(self, office: Office, ops: User) -> None:
        client = signed_in(ops)
        client.put(URL, body())
        answer = office.client("developer").get(f"{URL}upstream", HTTP_ACCEPT="text/html")
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.content.decode() == (
            "# book-api-n1.test, revision 1 of where its requests go; made by opsportal, changes here are lost\n"
            "upstream book-api-n1.test {\n"
            "    # virtual machines, 80 %\n"
            "    server 10.0.0.1:8080 weight=2 max_fails=3 fail_timeout=10s;\n"
            "    server vm2.example:8080 weight=2 max_fails=3 fail_timeout=10s;\n"
            "    # containers, 20 %\n"
            "    server 10.0.9.9:80 weight=1 max_fails=3 fail_timeout=10s;\n"
            "}\n"
        )
        same = client.get(f"{URL}upstream", HTTP_IF_NONE_MATCH=answer["ETag"])
        assert (same.status_code, same.content) == (304, b"")
        client.post(f"{URL}back", {"reason": "slow"})
        after = client.get(f"{URL}upstream", HTTP_IF_NONE_MATCH=answer["ETag"])
        assert after.status_code == 200
        assert b"10.0.9.9" not in after.content
        assert b"revision 2 " in after.content

    def test_a_server_that_is_left_out_is_counted_and_its_words_are_not_shown(self, office: Office, ops: User) -> None:
        server(office.project, office.test, "x; }", "10.0.0.3; } server { listen 1; }")
        text = office.client("developer").get(f"{URL}upstream").content.decode()
        assert "# left out: 1 bound server(s)" in text
        assert "10.0.0.3" not in text
        assert text.count("}") == 1

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (lambda: Resource.objects.all().delete(), "migration.no_vm_servers"),
            (lambda: Resource.objects.update(address="nowhere"), "migration.unusable_server"),
            (lambda: Resource.objects.filter(name="vm1").update(address="10.0.9.9:80"), "migration.both_sides"),
        ],
    )
    def test_servers_that_went_since_are_a_conflict_and_no_wrong_block(self, ops: User, change: Any, code: str) -> None:
        signed_in(ops).put(URL, body())
        change()
        assert told(signed_in(ops).get(f"{URL}upstream")) == (409, code)

    @pytest.mark.parametrize("number", [1, 40])
    def test_answers_cost_the_same_few_queries(
        self, office: Office, ops: User, number: int, django_assert_max_num_queries: Any
    ) -> None:
        for n in range(number):
            server(office.project, office.test, f"more{n}", f"10.0.1.{n + 1}:80")
            MigrationRevision.objects.create(
                project=office.project,
                environment=office.test,
                number=n + 1,
                state="vm",
                container_weight=0,
                reason="x",
                author=ops,
            )
        client = signed_in(ops)
        for url in (URL, f"{URL}upstream", f"{URL}history/"):
            with django_assert_max_num_queries(8):
                assert client.get(url).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_one_wins_and_falling_back_always_does() -> None:
    project, environment = make_project("book"), make_environment("test")
    pair = use(project, environment)
    server(project, environment, "vm1", "10.0.0.1:80")
    people = [make_user("one"), make_user("two")]
    mixed: Any = {"state": "mixed", "container_servers": ["10.0.0.2:80"], "reason": "more"}
    migration.change_migration(pair, **mixed, container_weight=5, based_on=0, actor=actor_of(people[0]))
    start, results = threading.Barrier(3), []

    def change(number: int) -> None:
        start.wait()
        actor, weight = actor_of(people[number]), 10 + number
        try:
            migration.change_migration(pair, **mixed, container_weight=weight, based_on=1, actor=actor)
        except Conflict as error:
            results.append(error.code)
        else:
            results.append("changed")
        finally:
            connection.close()

    def back() -> None:
        start.wait()
        try:
            results.append(migration.back_to_vm(pair, reason="away", actor=actor_of(people[0]))[0].state)
        finally:
            connection.close()

    threads = [threading.Thread(target=change, args=(n,)) for n in range(2)] + [threading.Thread(target=back)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    changed = results.count("changed")
    assert changed in (0, 1)
    assert sorted(results) == sorted(["vm"] + ["changed"] * changed + ["migration.changed_meanwhile"] * (2 - changed))
    assert [number for number, _, _ in rows()] == list(range(1, 3 + changed))
    assert rows()[-1][1:] == ("vm", 0)
