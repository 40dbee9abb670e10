"""Asking for project access: what is written, who decides, and what becomes of a request that was given up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from apps.access import requesting
from apps.audit.models import AuditEvent
from apps.integrations import models as rows
from apps.projects.models import Grant, Project
from apps.projects.services.environments import add_placement
from apps.sandbox.base.faults import Fault
from apps.sandbox.gitlab.server import GitLabServer
from apps.sandbox.jenkins.server import JenkinsServer
from apps.tickets.fingerprints import valid_approvals
from apps.tickets.housekeeping import expire
from apps.tickets.models import Ticket
from tests.access.conftest import BODY, CHECK, REQUESTS, Counter, project_on
from tests.support.factories import actor_of, make_cluster
from tests.tickets.web import TICKETS, refusals, told, with_token
from tests.tickets.web import rows as counted


def fields(answer: Any) -> dict[str, str]:
    """Which field was refused with which code."""
    assert answer.status_code == 400, answer.content
    assert all(item["detail"] for items in answer.json()["fields"].values() for item in items)
    return {name: items[0]["code"] for name, items in answer.json()["fields"].items()}


def decide(counter: Counter, who: str, ticket: int, decision: str = "approve") -> Any:
    body = {"decision": decision, "comment": "Not yet.", "fingerprint": ""}
    return counter.client(who).post(f"{TICKETS}{ticket}/approvals/", body)


class TestAsking:
    def test_anybody_asks_and_gets_a_ticket_with_a_project_that_is_nobodys_to_use_yet(
        self, counter: Counter, gitlab_server: GitLabServer, jenkins_server: JenkinsServer
    ) -> None:
        servers = (gitlab_server, jenkins_server)
        before = [server.journal.last for server in servers]
        answer = counter.ask().json()
        assert (answer["kind"], answer["status"], answer["approvals_needed"]) == (
            "project_access",
            "pending_approval",
            1,
        )
        assert (answer["title"], answer["note"]) == ("pay-gate-n1: Shop/Pay-Gate", "The payment team moves in.")
        project = Project.objects.get(slug="pay-gate-n1")
        assert (project.stage, project.admitted_at) == ("requested", None)
        assert (project.gitlab_path, project.image_repository) == ("Shop/Pay-Gate", "shop/pay-gate")
        assert project.start_command == ["/opt/pay/run", "--name", " a b ", ""]
        assert (project.log_path, project.callback) == ("stdout", {"url": "https://hooks.example.com/pay"})
        assert set(project.owners.all()) == {counter.people["dev"], counter.people["chen"]}
        assert set(project.environments.values_list("environment__slug", flat=True)) == {"test", "production"}
        assert not Grant.objects.filter(project=project).exists()
        assert AuditEvent.objects.get(action="project.requested").target_name == "pay-gate-n1"
        heard = [
            one.method for server, last in zip(servers, before, strict=True) for one in server.journal.find(since=last)
        ]
        assert set(heard) == {"GET"}

    def test_the_tickets_form_names_everything_the_plan_needs(self, counter: Counter) -> None:
        form = Ticket.objects.get(pk=counter.asked(migration={"state": "mixed"})).form
        assert form["owners"] == ["dev", "chen"]
        assert (form["testers"], form["operators"], form["environments"]) == (
            ["tester"],
            ["ops"],
            ["test", "production"],
        )
        assert (form["gitlab"], form["jenkins"], form["registry"]) == ("gitlab", "jenkins", "registry")
        assert form["migration"] == {"state": "mixed"}
        assert form.keys() & {"note", "admitted_at"} == set()

    def test_a_pasted_address_of_the_repository_is_taken_for_its_path(
        self, counter: Counter, gitlab_server: GitLabServer
    ) -> None:
        counter.asked(gitlab_path=f"{gitlab_server.url}/shop/cart/-/tree/main")
        assert Project.objects.get(slug="pay-gate-n1").gitlab_path == "shop/cart"

    def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_written(self, counter: Counter) -> None:
        before = counted()
        answer = counter.ask(
            slug="Pay_Gate",
            language="cobol",
            gitlab_path="shop/none",
            jenkins="no-such",
            environments=["moon"],
            owners=["nobody"],
            testers=["noone"],
            image_repository="Shop/Pay:1",
            log_path="logs",
            stop_command=["", "-9"],
            callback={"url": "http://hooks.example.com"},
            migration={"state": "cloud"},
            colour="red",
            name=None,
        )
        assert fields(answer) == {
            "slug": "project.bad_name",
            "language": "does_not_exist",
            "gitlab_path": "project.repository_missing",
            "jenkins": "does_not_exist",
            "environments": "does_not_exist",
            "owners": "does_not_exist",
            "testers": "does_not_exist",
            "image_repository": "project.bad_image_repository",
            "log_path": "stdout_only",
            "stop_command": "no_program",
            "callback.url": "https_url",
            "migration.state": "invalid_choice",
            "colour": "unknown_field",
            "name": "required",
        }
        assert counted() == before
        assert not Project.objects.exclude(pk=counter.elsewhere.pk).exists()

    @pytest.mark.parametrize(("more", "where"), [({}, "taken-n1"), ({"slug": "elsewhere-n1"}, "elsewhere-n1")])
    def test_a_name_that_a_job_or_a_project_has_is_refused(
        self, counter: Counter, more: dict[str, Any], where: str
    ) -> None:
        code = "project.name_taken" if more else "access.job_taken"
        assert fields(counter.ask(**{"slug": where, **more})) == {"slug": code}
        assert not Ticket.objects.exists()

    def test_a_name_taken_while_gitlab_was_asked_is_a_conflict_and_leaves_nothing(
        self, counter: Counter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        find = requesting._find_repository

        def slow(examined: Any) -> Any:
            project_on(counter.systems, "pay-gate-n1", name="Faster")
            return find(examined)

        monkeypatch.setattr(requesting, "_find_repository", slow)
        assert told(counter.ask()) == (409, "project.name_taken")
        assert Project.objects.get(slug="pay-gate-n1").name == "Faster"
        assert not Ticket.objects.exists()

    def test_a_gitlab_that_does_not_answer_is_no_wrong_field(
        self, counter: Counter, gitlab_server: GitLabServer
    ) -> None:
        gitlab_server.faults.add(Fault("*", "status", status=503, times=50))
        answer = counter.ask()
        assert answer.status_code == 503
        assert not Project.objects.filter(slug="pay-gate-n1").exists()
        assert fields(counter.ask(log_path="logs")) == {"log_path": "stdout_only"}

    def test_with_several_systems_of_a_kind_one_has_to_be_chosen(self, counter: Counter) -> None:
        for model in (rows.GitLabServer, rows.JenkinsController):
            model.objects.create(name="second", url="http://127.0.0.1:1")
        rows.Registry.objects.all().update(is_enabled=False)
        answer = counter.ask()
        assert fields(answer) == {
            "gitlab": "access.choose_system",
            "jenkins": "access.choose_system",
            "registry": "access.no_system",
        }
        told_by = {name: items[0]["detail"] for name, items in answer.json()["fields"].items()}
        assert told_by["gitlab"].startswith("The portal has more than one GitLab: gitlab, second.")
        assert counter.ask(gitlab="gitlab", jenkins="jenkins", registry=None).json()["fields"].keys() == {"registry"}

    def test_a_system_that_is_not_there_is_not_taken_for_the_only_one(
        self, counter: Counter, jenkins_server: JenkinsServer
    ) -> None:
        before = jenkins_server.journal.last
        answer = counter.ask(slug="taken-n1", jenkins="no-such")
        assert fields(answer) == {"jenkins": "does_not_exist"}
        assert len(answer.json()["fields"]["jenkins"]) == 1
        assert jenkins_server.journal.find(since=before) == []

    def test_the_same_key_gives_the_same_ticket_and_another_body_none(self, counter: Counter) -> None:
        first = counter.ask(key="once")
        again = counter.ask(key="once")
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json()["id"] == again.json()["id"]
        assert told(counter.ask(key="once", name="Other")) == (409, "ticket.idempotency_mismatch")
        assert (Ticket.objects.count(), Project.objects.filter(slug="pay-gate-n1").count()) == (1, 1)

    def test_a_click_sent_twice_is_one_request_also_when_the_second_looks_after_the_first_was_written(
        self, counter: Counter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        examine, first = requesting.examine, []

        def overtaken(*args: Any, **kwargs: Any) -> Any:
            if not first:
                first.append(None)
                first[0] = counter.ask(key="once").json()["id"]
            return examine(*args, **kwargs)

        monkeypatch.setattr(requesting, "examine", overtaken)
        again = counter.ask(key="once")
        assert (again.status_code, again.json()["id"]) == (200, first[0])
        assert (Ticket.objects.count(), Project.objects.filter(slug="pay-gate-n1").count()) == (1, 1)

    def test_a_token_of_one_project_asks_for_no_other(self, counter: Counter) -> None:
        client = with_token(counter.people["ops"], "*", project=counter.elsewhere)
        assert told(client.post(REQUESTS, BODY)) == (403, "policy.token_project")
        assert told(client.post(CHECK, {})) == (403, "policy.token_project")
        assert told(client.get("/api/v1/access/repositories/")) == (403, "policy.token_project")
        assert told(with_token(counter.people["ops"], "ticket.*").post(REQUESTS, BODY)) == (403, "policy.token_scope")
        assert refusals() == ["project.request"] * 4
        assert not Ticket.objects.exists()

    def test_it_has_its_own_door(self, counter: Counter) -> None:
        body = {"kind": "project_access", "project": "elsewhere-n1", "form": BODY}
        assert told(counter.client("ops").post(TICKETS, body)) == (400, "access.own_door")
        assert not Ticket.objects.exists()


class TestDeciding:
    def test_ops_of_anywhere_find_it_in_their_inbox_open_it_and_approve(self, counter: Counter) -> None:
        ticket = counter.asked()
        inbox = counter.client("ops").get("/api/v1/inbox").json()
        assert [(line["id"], line["needs"]) for line in inbox["results"]] == [(ticket, "approve")]
        card = counter.client("ops").get(f"{TICKETS}{ticket}/").json()
        assert card["rights"]["approve"]["allowed"] is True
        assert [person["username"] for person in card["who_may_decide"]] == ["ops", "root"]
        assert counter.client("ops").get(f"{TICKETS}{ticket}/steps/").status_code == 200
        assert decide(counter, "ops", ticket).status_code == 201
        assert Ticket.objects.get(pk=ticket).status == "queued"
        assert Project.objects.get(slug="pay-gate-n1").stage == "requested"

    def test_an_administrators_approval_counts_when_it_is_looked_at_again(self, counter: Counter) -> None:
        ticket = counter.asked()
        assert decide(counter, "root", ticket).status_code == 201
        assert len(valid_approvals(Ticket.objects.get(pk=ticket))) == 1
        counter.people["root"].is_instance_admin = False
        counter.people["root"].save()
        assert valid_approvals(Ticket.objects.get(pk=ticket)) == []

    def test_nobody_else_sees_it(self, counter: Counter) -> None:
        ticket = counter.asked()
        for who in ("stranger", "tester"):
            client = counter.client(who)
            assert client.get("/api/v1/inbox").json()["results"] == []
            assert client.get(TICKETS).json()["results"] == []
            assert told(client.get(f"{TICKETS}{ticket}/")) == (404, "not_found")
            assert told(decide(counter, who, ticket)) == (404, "not_found")
        assert Ticket.objects.get(pk=ticket).status == "pending_approval"
        assert refusals() == ["project_access.read", "project_access.approve"] * 2

    def test_an_owner_of_it_reads_and_does_not_decide(self, counter: Counter) -> None:
        ticket = counter.asked()
        client = counter.client("chen")
        assert [line["id"] for line in client.get(TICKETS).json()["results"]] == [ticket]
        assert client.get("/api/v1/inbox").json()["results"] == []
        assert told(decide(counter, "chen", ticket)) == (403, "policy.needs_role_on_cluster")
        assert client.post(f"{TICKETS}{ticket}/comments/", {"text": "We wait."}).status_code == 201

    def test_who_asked_does_not_decide_although_he_is_ops_elsewhere(self, counter: Counter) -> None:
        ticket = counter.asked(who="ops")
        assert counter.client("ops").get("/api/v1/inbox").json()["results"] == []
        assert told(decide(counter, "ops", ticket)) == (403, "policy.not_requester")
        card = counter.client("ops").get(f"{TICKETS}{ticket}/").json()
        assert [person["username"] for person in card["who_may_decide"]] == ["root"]
        assert Ticket.objects.get(pk=ticket).status == "pending_approval"

    def test_ops_see_tickets_of_other_kinds_in_their_own_projects_only(self, counter: Counter) -> None:
        other = project_on(counter.systems, "other-n1")
        about = {"environment": counter.test, "requester": counter.people["dev"], "title": "x"}
        Ticket.objects.create(kind="release", status="pending_approval", project=other, **about)
        mine = Ticket.objects.create(kind="release", status="pending_approval", project=counter.elsewhere, **about)
        access = counter.asked()
        client = counter.client("ops")
        assert {line["id"] for line in client.get(TICKETS).json()["results"]} == {mine.pk, access}
        assert {line["id"] for line in client.get("/api/v1/inbox").json()["results"]} == {mine.pk, access}
        limited = with_token(counter.people["ops"], "*", project=counter.elsewhere)
        assert [line["id"] for line in limited.get(TICKETS).json()["results"]] == [mine.pk]

    def test_ops_of_anywhere_comment_and_cancel_and_others_do_not(self, counter: Counter) -> None:
        ticket = counter.asked()
        assert counter.client("ops").post(f"{TICKETS}{ticket}/comments/", {"text": "Why?"}).status_code == 201
        assert told(counter.client("stranger").post(f"{TICKETS}{ticket}/cancel", {})) == (404, "not_found")
        assert counter.client("ops").post(f"{TICKETS}{ticket}/cancel", {}).status_code == 200
        assert Ticket.objects.get(pk=ticket).status == "canceled"


class TestGivenUp:
    def test_a_rejected_one_is_withdrawn_and_its_name_is_free_for_the_next(self, counter: Counter) -> None:
        first = counter.asked()
        assert decide(counter, "ops", first, "reject").status_code == 201
        project = Ticket.objects.get(pk=first).project
        assert (project.slug, project.stage) == (f"pay-gate-n1~{first}", "withdrawn")
        event = AuditEvent.objects.get(action="project.withdrawn")
        assert event.params["before"] == {"slug": "pay-gate-n1", "stage": "requested"}
        second = counter.asked()
        assert Ticket.objects.get(pk=second).project.slug == "pay-gate-n1"

    def test_so_is_a_canceled_and_an_expired_one(self, counter: Counter) -> None:
        canceled, expired = counter.asked(), counter.asked(slug="pay-gate-n2")
        assert counter.client("dev").post(f"{TICKETS}{canceled}/cancel", {}).status_code == 200
        Ticket.objects.filter(pk=expired).update(expires_at=Now() - timedelta(seconds=1))
        expire("")
        found = dict(Ticket.objects.values_list("pk", "status"))
        assert found == {canceled: "canceled", expired: "expired"}
        slugs = set(Project.objects.exclude(pk=counter.elsewhere.pk).values_list("slug", flat=True))
        assert slugs == {f"pay-gate-n1~{canceled}", f"pay-gate-n2~{expired}"}

    def test_lists_hide_it_unless_they_are_asked_for_it(self, counter: Counter) -> None:
        ticket = counter.asked()

        def listed(**query: str) -> list[str]:
            answer = counter.client("dev").get("/api/v1/projects/", query).json()
            return [row["slug"] for row in answer["results"]]

        assert (listed(), listed(stage="requested"), listed(stage="active")) == (["pay-gate-n1"], ["pay-gate-n1"], [])
        assert decide(counter, "ops", ticket, "reject").status_code == 201
        assert (listed(), listed(stage="requested")) == ([], [])
        assert listed(stage="withdrawn") == [f"pay-gate-n1~{ticket}"]
        assert counter.client("dev").get("/api/v1/projects/", {"stage": "gone"}).status_code == 400

    def test_its_people_still_read_it_and_nobody_keeps_it_pinned(self, counter: Counter) -> None:
        ticket = counter.asked()
        client = counter.client("dev")
        assert client.put("/api/v1/pins/pay-gate-n1/").status_code == 204
        decide(counter, "ops", ticket, "reject")
        assert client.get("/api/v1/pins/").json()["results"] == []
        there = f"/api/v1/projects/pay-gate-n1~{ticket}/"
        card = client.get(there).json()
        assert (card["stage"], card["withdrawn_at"] is not None) == ("withdrawn", True)
        assert [one["environment"] for one in client.get(f"{there}environments/").json()["results"]] == [
            "test",
            "production",
        ]
        assert told(client.patch(there, {"name": "Mine"})) == (409, "project.not_active")
        listed = client.get(TICKETS, {"project": f"pay-gate-n1~{ticket}"}).json()["results"]
        assert [line["id"] for line in listed] == [ticket]
        assert told(counter.client("stranger").get(there)) == (404, "not_found")

    def test_one_that_failed_needs_its_requester_until_it_is_undone(self, counter: Counter) -> None:
        ticket = counter.asked()
        Ticket.objects.filter(pk=ticket).update(status="failed", finished_at=Now())

        def needed() -> list[int]:
            return [line["id"] for line in counter.client("dev").get("/api/v1/inbox").json()["results"]]

        assert needed() == [ticket]
        Project.objects.filter(slug="pay-gate-n1").update(withdrawn_at=Now())
        assert needed() == []

    def test_it_stands_in_no_placements_way(self, counter: Counter) -> None:
        decide(counter, "ops", counter.asked(), "reject")
        placed = add_placement(counter.test, make_cluster(), 1, "{project}", actor=actor_of(counter.people["root"]))
        assert placed.pk
