"""Projects over the API: who sees them, how they come in and change."""

from __future__ import annotations

from typing import Any

import pytest

from apps.audit.models import AuditEvent
from apps.integrations.models import GitLabServer as GitLabRow
from apps.projects.models import Project, ProjectEnvironment, Resource
from apps.projects.services import grants, names
from apps.sandbox.base.faults import Fault
from apps.sandbox.gitlab.server import GitLabServer
from tests.accounts.factories import browser, make_token, make_user, token_client
from tests.projects.conftest import Office, fields
from tests.support.factories import grant, make_cluster, make_environment, make_project, place, use

URL = "/api/v1/projects/"
NEW = {
    "slug": "pay-gate-n1",
    "name": "Payments",
    "language": "java",
    "gitlab": "gitlab",
    "gitlab_path": "shop/pay-gate-n1",
    "jenkins": "jenkins",
    "registry": "registry",
    "owners": ["owner"],
    "environments": ["test", "production"],
    "contacts": [{"name": "On call", "channel": "phone", "address": "+86 10 1234"}],
}


def slugs(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["slug"] for row in answer.json()["results"]]


class TestReading:
    def test_members_and_owners_see_theirs_administrators_all_and_strangers_nothing(self, office: Office) -> None:
        make_project("user-web-n1")
        assert slugs(office.client("developer").get(URL)) == ["book-api-n1"]
        assert slugs(office.client("owner").get(URL)) == ["book-api-n1"]
        assert slugs(office.client("stranger").get(URL)) == []
        assert slugs(office.client("admin").get(URL)) == ["book-api-n1", "user-web-n1"]
        assert slugs(office.client("admin").get(URL, {"mine": "1"})) == []

    def test_the_list_is_narrowed_by_beginning_and_language(self, office: Office) -> None:
        make_project("book-web-n1", language="go")
        client = office.client("admin")
        assert slugs(client.get(URL, {"q": "book"})) == ["book-api-n1", "book-web-n1"]
        assert slugs(client.get(URL, {"q": "BOOK-W"})) == ["book-web-n1"]
        assert slugs(client.get(URL, {"language": "java"})) == ["book-api-n1"]
        assert slugs(client.get(URL, {"q": "api"})) == []
        Project.objects.filter(slug="book-web-n1").update(name="Reader's shop")
        assert slugs(client.get(URL, {"q": "reader"})) == ["book-web-n1"]
        assert slugs(client.get(URL, {"q": "shop"})) == []
        assert client.get(URL, {"mine": "perhaps"}).status_code == 400
        assert client.get(URL, {"q": "x" * 101}).status_code == 400

    def test_a_project_tells_what_i_am_in_it_and_no_secret(self, office: Office) -> None:
        body = office.client("developer").get(URL + "book-api-n1/").json()
        assert body["my_roles"] == [{"environment": "test", "role": "developer", "expires_at": None}]
        assert (body["is_owner"], body["environments"]) == (False, ["test", "production"])
        assert [owner["username"] for owner in body["owners"]] == ["owner"]
        assert body["repository_url"] == office.project.gitlab.url + "/shop/book-api-n1"
        assert "glpat" not in str(body)
        assert office.client("owner").get(URL + "book-api-n1/").json()["is_owner"] is True

    def test_to_a_stranger_a_project_is_as_missing_as_one_that_is_not_there(self, office: Office) -> None:
        client = office.client("stranger")
        there, absent = client.get(URL + "book-api-n1/"), client.get(URL + "no-such/")
        assert (there.status_code, absent.status_code) == (404, 404)
        assert {k: v for k, v in there.json().items() if k != "request_id"} == {
            k: v for k, v in absent.json().items() if k != "request_id"
        }
        assert AuditEvent.objects.get(outcome="refused").action == "project.read"

    def test_a_token_of_another_project_sees_nothing_of_this_one(self, office: Office) -> None:
        other = make_project("user-web-n1")
        grant(office.developer, other, office.test, "developer")
        client = token_client(make_token(office.developer, project_id=other.pk)[1])
        assert slugs(client.get(URL)) == ["user-web-n1"]
        assert client.get(URL + "book-api-n1/").status_code == 404

    @pytest.mark.parametrize("number", [10, 50])
    def test_a_page_costs_the_same_few_queries_whatever_its_size(
        self, office: Office, number: int, django_assert_max_num_queries: Any
    ) -> None:
        for n in range(number):
            project = make_project(f"svc-{n}", gitlab=office.project.gitlab)
            project.owners.add(office.owner)
            use(project, office.test)
            grant(office.developer, project, office.test, "developer")
        client = office.client("developer")
        with django_assert_max_num_queries(12):
            assert len(slugs(client.get(URL, {"limit": number}))) == number


class TestCreating:
    def test_an_administrator_brings_a_service_in(
        self, office: Office, django_capture_on_commit_callbacks: Any
    ) -> None:
        told: list[tuple[int, int]] = []
        grants.on_grant_change(lambda user, project: told.append((user, project)))
        with django_capture_on_commit_callbacks(execute=True):
            answer = office.client("admin").post(URL, NEW, format="json")
        grants._listeners.pop()
        assert answer.status_code == 201, answer.content
        project = Project.objects.get(slug="pay-gate-n1")
        assert answer.json()["image_repository"] == project.image_repository == "shop/pay-gate-n1"
        assert answer.json()["environments"] == ["test", "production"]
        assert answer.json()["contacts"] == NEW["contacts"]
        assert list(project.owners.all()) == [office.owner]
        event = AuditEvent.objects.get(action="project.created")
        assert (event.actor_id, event.project_id, event.target_name) == (office.admin.pk, project.pk, "pay-gate-n1")
        assert event.params["after"]["environments"] == ["production", "test"]
        assert told == [(office.owner.pk, project.pk)]

    def test_nobody_else_may(self, office: Office) -> None:
        for who in ("owner", "developer", "stranger"):
            assert office.client(who).post(URL, NEW, format="json").status_code == 403
        assert Project.objects.count() == 1

    @pytest.mark.parametrize(
        ("name", "suggestion"),
        [("Pay_Gate.N1", "pay-gate-n1"), ("9-lives", "lives"), ("-", ""), ("x" * 64, "x" * 63), ("bookAPI", "book-api")]
        + [("book-api-", "book-api"), ("支付", "")],
    )
    def test_a_bad_name_is_refused_with_a_better_one(self, office: Office, name: str, suggestion: str) -> None:
        answer = office.client("admin").post(URL, {**NEW, "slug": name}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (400, "project.bad_name")
        assert answer.json()["params"]["suggestion"] == suggestion
        assert suggestion == "" or names.is_service_name(suggestion)
        assert fields(answer) == {"slug": "project.bad_name"}

    def test_a_repository_that_gitlab_does_not_have_is_refused_with_a_sentence(self, office: Office) -> None:
        answer = office.client("admin").post(URL, {**NEW, "gitlab_path": "shop/none"}, format="json")
        assert (answer.status_code, fields(answer)) == (400, {"gitlab_path": "project.repository_missing"})
        assert answer.json()["detail"].startswith("GitLab “gitlab” has no repository shop/none")

    def test_a_gitlab_that_does_not_answer_is_told_from_a_missing_repository(
        self, office: Office, gitlab_server: GitLabServer
    ) -> None:
        gitlab_server.faults.add(Fault("*", "status", status=503, times=9))
        answer = office.client("admin").post(URL, NEW, format="json")
        gitlab_server.faults.clear()
        assert (answer.status_code, answer.json()["code"]) == (503, "outside.unavailable")
        assert not Project.objects.filter(slug="pay-gate-n1").exists()

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"language": "cobol"}, {"language": "does_not_exist"}),
            ({"owners": ["nobody"]}, {"owners": "does_not_exist"}),
            ({"environments": ["moon"]}, {"environments": "does_not_exist"}),
            ({"jenkins": "none"}, {"jenkins": "does_not_exist"}),
            ({"image_repository": "Shop/API"}, {"image_repository": "project.bad_image_repository"}),
            ({"image_repository": "shop/api:1"}, {"image_repository": "project.bad_image_repository"}),
            ({"id": 7}, {"id": "unknown_field"}),
            ({"owners": ["owner"] * 51}, {"owners": "max_length"}),
            (
                {"contacts": [{"name": "x", "channel": "pigeon", "address": "y"}]},
                {"contacts.0.channel": "invalid_choice"},
            ),
        ],
    )
    def test_each_field_is_checked(self, office: Office, change: dict[str, Any], problem: dict[str, str]) -> None:
        answer = office.client("admin").post(URL, {**NEW, **change}, format="json")
        assert (answer.status_code, fields(answer)) == (400, problem)
        assert Project.objects.count() == 1

    def test_a_disabled_person_cannot_be_an_owner(self, office: Office) -> None:
        make_user("gone", is_active=False)
        answer = office.client("admin").post(URL, {**NEW, "owners": ["gone"]}, format="json")
        assert fields(answer) == {"owners": "does_not_exist"}

    def test_a_taken_name_is_a_conflict(self, office: Office) -> None:
        answer = office.client("admin").post(URL, {**NEW, "slug": "book-api-n1"}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, "project.name_taken")

    def test_a_switched_off_gitlab_cannot_be_chosen(self, office: Office) -> None:
        GitLabRow.objects.create(name="old", url="http://127.0.0.1:1", is_enabled=False)
        answer = office.client("admin").post(URL, {**NEW, "gitlab": "old"}, format="json")
        assert fields(answer) == {"gitlab": "does_not_exist"}

    def test_an_environment_whose_namespace_would_be_too_long_is_refused(self, office: Office) -> None:
        place(office.test, make_cluster(), namespace_pattern="{project}-{environment}")
        name = "x" * 60
        answer = office.client("admin").post(URL, {**NEW, "slug": name}, format="json")
        assert (answer.status_code, fields(answer)) == (400, {"environments": "environment.bad_namespace"})


class TestChanging:
    def test_an_owner_changes_what_he_may_and_the_trail_says_from_what_to_what(self, office: Office) -> None:
        change = {"description": "Books", "owners": ["owner", "developer"]}
        answer = office.client("owner").patch(URL + "book-api-n1/", change, format="json")
        assert answer.status_code == 200, answer.content
        assert {owner["username"] for owner in answer.json()["owners"]} == {"owner", "developer"}
        assert AuditEvent.objects.get(action="project.updated").params == {
            "before": {"description": "", "owners": ["owner"]},
            "after": {"description": "Books", "owners": ["developer", "owner"]},
        }

    def test_a_change_that_changes_nothing_leaves_no_trace(self, office: Office) -> None:
        assert office.client("owner").patch(URL + "book-api-n1/", {"description": ""}, format="json").status_code == 200
        assert not AuditEvent.objects.filter(action="project.updated").exists()

    def test_a_member_who_is_no_owner_is_told_why_not(self, office: Office) -> None:
        answer = office.client("developer").patch(URL + "book-api-n1/", {"name": "x"}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (403, "policy.needs_owner")
        assert office.client("stranger").patch(URL + "book-api-n1/", {"name": "x"}, format="json").status_code == 404
        office.project.refresh_from_db()
        assert office.project.name == "book-api-n1"

    @pytest.mark.parametrize("name", ["slug", "language", "gitlab_path", "image_repository", "archived_at"])
    def test_what_other_systems_know_it_by_stays(self, office: Office, name: str) -> None:
        answer = office.client("admin").patch(URL + "book-api-n1/", {name: "x"}, format="json")
        assert fields(answer) == {name: "unknown_field"}

    def test_environments_are_added_and_left(self, office: Office) -> None:
        make_environment("staging", "staging")
        client = office.client("admin")
        answer = client.patch(URL + "book-api-n1/", {"environments": ["test", "staging"]}, format="json")
        assert sorted(answer.json()["environments"]) == ["staging", "test"]
        event = AuditEvent.objects.get(action="project.updated")
        assert event.params["before"] == {"environments": ["production", "test"]}

    def test_who_gives_up_his_ownership_sees_the_answer_and_then_nothing(self, office: Office) -> None:
        client = office.client("owner")
        answer = client.patch(URL + "book-api-n1/", {"owners": []}, format="json")
        assert (answer.status_code, answer.json()["owners"]) == (200, [])
        assert client.get(URL + "book-api-n1/").status_code == 404


class TestEnvironmentsOfAProject:
    def test_members_read_approvals(self, office: Office) -> None:
        rows = office.client("developer").get(URL + "book-api-n1/environments/").json()["results"]
        shown = [(r["environment"], r["approvals_required"], r["approvals_needed"], r["lock"]) for r in rows]
        assert shown == [("test", None, 0, None), ("production", None, 1, None)]

    def test_an_administrator_sets_the_projects_own_number(self, office: Office) -> None:
        url, client = URL + "book-api-n1/environments/production/", office.client("admin")
        answer = client.patch(url, {"approvals_required": 2}, format="json")
        assert (answer.status_code, answer.json()["approvals_needed"]) == (200, 2)
        event = AuditEvent.objects.get(action="project.approvals_changed")
        assert event.params == {"before": {"approvals_required": None}, "after": {"approvals_required": 2}}
        assert client.patch(url, {"approvals_required": None}, format="json").json()["approvals_needed"] == 1

    def test_production_never_goes_without_approval(self, office: Office) -> None:
        url = URL + "book-api-n1/environments/production/"
        answer = office.client("admin").patch(url, {"approvals_required": 0}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (400, "environment.approval_needed")
        assert ProjectEnvironment.objects.get(environment=office.production).approvals_required is None

    def test_owners_may_not_lower_the_bar(self, office: Office) -> None:
        url = URL + "book-api-n1/environments/production/"
        assert office.client("owner").patch(url, {"approvals_required": 1}, format="json").status_code == 403


class TestRefs:
    def test_members_find_branches_and_tags(self, office: Office) -> None:
        answer = office.client("developer").get(URL + "book-api-n1/refs", {"search": "main"})
        assert answer.status_code == 200, answer.content
        (found,) = answer.json()["results"]
        assert (answer.json()["default_branch"], found["kind"], found["name"]) == ("main", "branch", "main")
        assert len(found["commit"]) == 40

    def test_strangers_do_not_reach_gitlab(self, office: Office, gitlab_server: GitLabServer) -> None:
        before = gitlab_server.journal.last
        assert office.client("stranger").get(URL + "book-api-n1/refs").status_code == 404
        assert gitlab_server.journal.find("*", since=before) == []


class TestResources:
    def test_owners_bind_and_unbind_them(self, office: Office) -> None:
        client, url = office.client("owner"), URL + "book-api-n1/resources/"
        body = {"kind": "database", "name": "books", "address": "db1:5432", "environment": "production"}
        made = client.post(url, body, format="json")
        assert made.status_code == 201, made.content
        assert office.client("developer").get(url).json()["results"] == [made.json()]
        assert client.delete(f"{url}{made.json()['id']}/").status_code == 204
        assert client.delete(f"{url}{made.json()['id']}/").status_code == 404
        assert [e.action for e in AuditEvent.objects.filter(project_id=office.project.pk).order_by("id")] == [
            "project.resource_added",
            "project.resource_removed",
        ]

    def test_members_may_not(self, office: Office) -> None:
        body = {"kind": "link", "name": "wiki"}
        url = URL + "book-api-n1/resources/"
        assert office.client("developer").post(url, body, format="json").status_code == 403
        assert not Resource.objects.exists()

    def test_an_environment_the_project_does_not_use_is_refused(self, office: Office) -> None:
        make_environment("moon")
        body = {"kind": "link", "name": "wiki", "environment": "moon"}
        answer = office.client("owner").post(URL + "book-api-n1/resources/", body, format="json")
        assert fields(answer) == {"environment": "does_not_exist"}

    def test_another_projects_resource_is_not_there(self, office: Office) -> None:
        other = make_project("user-web-n1")
        row = Resource.objects.create(project=other, kind="link", name="x")
        assert office.client("owner").delete(f"{URL}book-api-n1/resources/{row.pk}/").status_code == 404
        assert Resource.objects.filter(pk=row.pk).exists()


def test_a_visitor_is_asked_to_sign_in(office: Office) -> None:
    assert browser().get(URL).status_code == 401
