"""The look at a request while it is typed: it tells everything, refuses nothing and writes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from apps.access import cloning
from apps.access.provisioning.hooking import hook_address
from apps.audit.models import AuditEvent
from apps.integrations import models as rows
from apps.integrations.clients import get_gitlab
from apps.integrations.gitlab.hooks import EVENTS, ensure_hook
from apps.integrations.jenkins.client import Jenkins
from apps.integrations.jenkins.types import CloneCheck
from apps.integrations.loop import run
from apps.projects.models import Project
from apps.sandbox.base.faults import Fault
from apps.sandbox.gitlab.server import GitLabServer
from apps.sandbox.jenkins.server import JenkinsServer
from apps.sandbox.kubernetes.api.access import cluster_admin
from apps.sandbox.kubernetes.server import KubernetesServer
from tests.access.conftest import BODY, CHECK, TEMPLATE, Counter, project_on
from tests.support.factories import make_cluster, place
from tests.support.jenkins import TOKEN, USER, git_repository, wait_for
from tests.support.servers import serving
from tests.tickets.web import refusals, told, with_token
from tests.tickets.web import rows as counted

TYPED = {name: value for name, value in BODY.items() if name != "note"}


def look(counter: Counter, who: str = "dev", **body: Any) -> dict[str, Any]:
    answer = counter.client(who).post(CHECK, body)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def codes(found: dict[str, Any]) -> dict[str, str]:
    return {name: items[0]["code"] for name, items in found["fields"].items()}


class TestTyping:
    def test_an_empty_body_is_nothing_wrong(self, counter: Counter) -> None:
        assert look(counter) == {
            "fields": {},
            "suggested_slug": "",
            "taken_by": "",
            "repository": None,
            "access": None,
            "clone": None,
            "creates": [],
        }

    def test_a_whole_body_is_told_what_it_would_create_and_nothing_is_written(
        self, counter: Counter, jenkins_server: JenkinsServer
    ) -> None:
        before = (counted(), Project.objects.count(), AuditEvent.objects.count())
        found = look(counter, **BODY)
        assert (found["fields"], found["suggested_slug"], found["taken_by"]) == ({}, "pay-gate-n1", "")
        assert found["repository"]["path"] == "Shop/Pay-Gate"
        assert (found["repository"]["default_branch"], found["repository"]["archived"]) == ("main", False)
        assert found["access"] == {"ok": True, "code": "", "params": {}, "detail": ""}
        assert found["clone"]["state"] == "unknown"
        systems = counter.systems
        assert [(row["what"], row["system"], row["target"], row["exists"]) for row in found["creates"]] == [
            ("webhook", f"gitlab:{systems['gitlab'].pk}", "Shop/Pay-Gate", False),
            ("job", f"jenkins:{systems['jenkins'].pk}", "pay-gate-n1", False),
            ("grants", "", "test", False),
            ("grants", "", "production", False),
        ]
        assert (counted(), Project.objects.count(), AuditEvent.objects.count()) == before
        assert jenkins_server.journal.find("build.trigger") == []

    def test_a_bad_name_gets_a_better_one_and_wrong_fields_are_no_refusal(self, counter: Counter) -> None:
        found = look(counter, slug="Book_API.n1", language="cobol", log_path="x", owners=["nobody"], colour="red")
        assert found["suggested_slug"] == "book-api-n1"
        assert codes(found) == {
            "slug": "project.bad_name",
            "language": "does_not_exist",
            "log_path": "stdout_only",
            "owners": "does_not_exist",
            "colour": "unknown_field",
        }
        assert "book-api-n1" in found["fields"]["slug"][0]["detail"]

    def test_who_has_the_name_is_told_with_the_next_one_that_is_free(self, counter: Counter) -> None:
        project_on(counter.systems, "elsewhere-n1-2")
        found = look(counter, slug="elsewhere-n1")
        assert (found["taken_by"], found["suggested_slug"]) == ("project", "elsewhere-n1-3")
        assert codes(found) == {"slug": "project.name_taken"}
        counter.asked()
        assert look(counter, slug="pay-gate-n1")["taken_by"] == "request"
        taken = look(counter, slug="taken-n1")
        assert (taken["taken_by"], codes(taken)) == ("jenkins", {"slug": "access.job_taken"})
        assert [(row["what"], row["exists"]) for row in taken["creates"]] == [("job", True)]

    def test_only_who_is_signed_in_and_only_tokens_for_it(self, counter: Counter) -> None:
        assert told(with_token(counter.people["dev"], "ticket.*").post(CHECK, {})) == (403, "policy.token_scope")
        assert with_token(counter.people["dev"], "project.request").post(CHECK, {}).status_code == 200
        assert refusals() == ["project.request"]


class TestOutside:
    def test_a_silent_gitlab_and_jenkins_are_told_in_their_parts(
        self, counter: Counter, gitlab_server: GitLabServer, jenkins_server: JenkinsServer
    ) -> None:
        for server in (gitlab_server, jenkins_server):
            server.faults.add(Fault("*", "status", status=503, times=50))
        found = look(counter, **TYPED)
        assert (found["access"]["ok"], found["access"]["code"]) == (False, "outside.unavailable")
        assert found["access"]["detail"]
        assert (found["repository"], found["clone"], found["fields"]) == (None, None, {})
        assert [(row["what"], row["exists"]) for row in found["creates"]][:1] == [("job", None)]

    def test_a_repository_that_is_not_there_is_a_wrong_field(self, counter: Counter) -> None:
        found = look(counter, gitlab_path="shop/none")
        assert codes(found) == {"gitlab_path": "project.repository_missing"}
        assert (found["access"]["code"], found["repository"]) == ("gitlab.project_missing", None)

    def test_an_archived_repository_lacks_a_right(self, counter: Counter, gitlab_server: GitLabServer) -> None:
        project = next(one for one in gitlab_server.state.projects.values() if one.path == "shop/cart")
        project.archived = True
        try:
            found = look(counter, gitlab_path="shop/cart")
        finally:
            project.archived = False
        assert found["repository"]["archived"] is True
        assert (found["access"]["ok"], found["access"]["code"]) == (False, "gitlab.project_archived")

    def test_what_is_there_already_is_told(
        self, counter: Counter, gitlab_server: GitLabServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settings.CONFIG, "origins", "https://portal.example.com")
        gitlab = get_gitlab(counter.systems["gitlab"])
        project = next(one for one in gitlab_server.state.projects.values() if one.path == "shop/cart")
        run(ensure_hook(gitlab, project.id, hook_address(Project(slug="cart-n1")), "s" * 20, EVENTS, "key.1"), 5)
        with serving(
            KubernetesServer(None, name="lab", tokens={"kube-test": cluster_admin()}, is_live=False)
        ) as cluster:
            lab = make_cluster("lab", api_url=cluster.url, ca_pem=cluster.ca_pem, token="kube-test")
            place(counter.test, lab, namespace_pattern="default", quota={"pods": "20"})
            place(counter.production, lab, namespace_pattern="{project}")
            body: dict[str, Any] = {
                "slug": "cart-n1",
                "gitlab_path": "shop/cart",
                "environments": ["test", "production"],
            }
            found = look(counter, **body)
            there = [(row["what"], row["name"], row["target"], row["exists"]) for row in found["creates"][:5]]
            assert there == [
                ("webhook", "gitlab", "shop/cart", True),
                ("job", "jenkins", "cart-n1", False),
                ("namespace", "lab", "default", True),
                ("quota", "lab", "default", False),
                ("namespace", "lab", "cart-n1", False),
            ]
        silent = [row["exists"] for row in look(counter, **body)["creates"][2:5]]
        assert silent == [None, None, None]


class TestCloning:
    def test_jenkins_tries_when_told_and_the_next_look_reads_the_outcome(
        self, counter: Counter, jenkins_server: JenkinsServer
    ) -> None:
        before = len(jenkins_server.journal.find("build.trigger", accepted=True))
        assert look(counter, **TYPED, check_clone=True)["clone"]["state"] == "running"

        def settled() -> dict[str, Any] | None:
            clone = look(counter, **TYPED)["clone"]
            return None if clone["state"] == "running" else dict(clone)

        assert wait_for(settled, 30)["state"] in ("ok", "failed")
        look(counter, **TYPED)
        assert len(jenkins_server.journal.find("build.trigger", accepted=True)) == before + 1
        event = AuditEvent.objects.get(action="access.clone_checked")
        assert (event.actor_id, event.params["template"]) == (counter.people["dev"].pk, TEMPLATE)

    def test_after_a_no_it_is_tried_again_and_after_a_yes_not(
        self, jenkins_server: JenkinsServer, tmp_path: Any
    ) -> None:
        jenkins = Jenkins(jenkins_server.url, USER, TOKEN, name="main", timeout=5, allow_loopback=True)
        later = tmp_path / "later"

        def said() -> CloneCheck | None:
            found = run(cloning.last_try(jenkins, TEMPLATE, later.as_uri(), "2026-01-05"), 10)
            return None if found.state == "waiting" else found

        def tried() -> tuple[str, bool]:
            found, started = run(cloning.try_again(jenkins, TEMPLATE, later.as_uri(), "2026-01-05"), 10)
            return found.state, started

        assert tried() == ("waiting", True)
        assert wait_for(said, 30).state == "cannot"
        git_repository(later, {"pom.xml": "<project/>\n"})
        assert tried() == ("waiting", True)
        assert wait_for(said, 30).state == "can"
        assert tried() == ("can", False)
        assert run(cloning.last_try(jenkins, TEMPLATE, later.as_uri(), "2026-01-06"), 10).state == "unknown"


class TestChoosing:
    def test_the_search_tells_what_a_project_has_already(self, counter: Counter) -> None:
        counter.asked()
        client = counter.client("stranger")
        found = client.get("/api/v1/access/repositories/", {"gitlab": "gitlab", "q": "pay"}).json()["results"]
        assert [(row["path"], row["is_taken"], row["archived"]) for row in found] == [("Shop/Pay-Gate", True, False)]
        everything = client.get("/api/v1/access/repositories/").json()["results"]
        assert {row["path"]: row["is_taken"] for row in everything} == {"Shop/Pay-Gate": True, "shop/cart": False}

    def test_a_gitlab_that_is_not_there_or_not_chosen_is_a_wrong_field(self, counter: Counter) -> None:
        client = counter.client("stranger")
        assert client.get("/api/v1/access/repositories/", {"gitlab": "none"}).status_code == 400
        rows.GitLabServer.objects.create(name="second", url="http://127.0.0.1:1", token="t")
        answer = client.get("/api/v1/access/repositories/")
        assert (answer.status_code, answer.json()["fields"]["gitlab"][0]["code"]) == (400, "access.choose_system")

    def test_the_options_are_what_is_switched_on_in_the_order_of_promotion(self, counter: Counter) -> None:
        rows.JenkinsController.objects.create(name="off", url="http://127.0.0.1:1", is_enabled=False)
        assert counter.client("stranger").get("/api/v1/access/options/").json() == {
            "gitlabs": ["gitlab"],
            "jenkins": ["jenkins"],
            "registries": ["registry"],
            "languages": [{"slug": "java", "name": "Java"}],
            "environments": [
                {"slug": "test", "name": "test", "tier": "test"},
                {"slug": "production", "name": "production", "tier": "production"},
            ],
        }
