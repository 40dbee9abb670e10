"""The live look at jobs over the API: every standing, each failing on its own, one page at most, and nothing written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db.models.functions import Now

from apps.catalog.models import Language, TemplateVersion
from apps.integrations.models import JenkinsController
from apps.projects.models import Project
from apps.sandbox.jenkins.server import JenkinsServer
from tests.support.factories import grant, make_project
from tests.support.jenkins import jenkins_and_registry, job_xml
from tests.support.jobs import LANGUAGE, TEMPLATE, Yard, template_xml, yard_on
from tests.tickets.web import signed_in

URL = f"/api/v1/languages/{LANGUAGE}/drift/"
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def jenkins_server() -> Iterator[JenkinsServer]:
    with jenkins_and_registry(executors=1) as (running, _):
        yield running


@pytest.fixture
def yard(db: None, jenkins_server: JenkinsServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Yard]:
    monkeypatch.setattr(settings.CONFIG, "outside_timeout", 5.0)
    with yard_on(jenkins_server) as made:
        yield made


def rows_of(yard: Yard, who: str = "root", **query: Any) -> list[dict[str, Any]]:
    answer = signed_in(yard.people[who]).get(URL, query)
    assert answer.status_code == 200, answer.content
    return list(answer.json()["results"])


def test_every_standing_is_told_with_what_differs_and_nothing_is_written(yard: Yard) -> None:
    for slug in ("a-follows-n1", "b-edited-n1", "d-foreign-n1", "e-missing-n1"):
        yard.project(slug, job=slug[0] in "ab")
    yard.edit("b-edited-n1")
    yard.put("d-foreign-n1", job_xml("make theirs"))
    yard.quiet()
    rows = rows_of(yard)
    assert [(row["project"], row["standing"], row["template_version"]) for row in rows] == [
        ("a-follows-n1", "follows", 1),
        ("b-edited-n1", "edited", 1),
        ("d-foreign-n1", "foreign", None),
        ("e-missing-n1", "missing", None),
    ]
    assert rows[1]["differences"] == [
        {
            "path": "build step 1 (shell)",
            "kind": "script",
            "template": "make image",
            "job": "make by-hand",
            "diff": ["@@ -1 +1 @@", "-make image", "+make by-hand"],
        }
    ]
    assert (rows[1]["job"], rows[1]["jenkins"], rows[1]["newest_version"]) == ("b-edited-n1", "builds", 1)
    assert rows[1]["link"] == f"{yard.row.url}/job/b-edited-n1/"
    assert all(row["problem"] is None and row["checked_at"] for row in rows)
    assert [row["differences"] for row in rows if row["standing"] != "edited"] == [[], [], []]
    assert yard.written() == []


def test_a_changed_template_leaves_its_jobs_behind_and_a_new_version_of_another_name_as_well(yard: Yard) -> None:
    yard.project("a-n1")
    yard.template("make image --fast")
    (row,) = rows_of(yard)
    assert (row["standing"], row["template_version"], row["newest_version"]) == ("behind", 1, 1)
    assert [(one["template"], one["job"]) for one in row["differences"]] == [("make image --fast", "make image")]
    yard.template()
    assert rows_of(yard)[0]["standing"] == "follows"
    yard.put("tpl-rust-2", template_xml())
    newer(yard, "tpl-rust-2")
    (row,) = rows_of(yard)
    assert (row["standing"], row["template_version"], row["newest_version"]) == ("behind", 1, 2)
    assert row["differences"] == []


def test_a_job_from_before_jobs_told_their_version_has_the_only_one_of_its_template(yard: Yard) -> None:
    yard.project("a-n1", version=None)
    assert rows_of(yard)[0]["template_version"] == 1
    newer(yard, TEMPLATE)
    assert rows_of(yard)[0]["template_version"] is None


def newer(yard: Yard, name: str) -> None:
    kind = TemplateVersion.Kind.JENKINS_JOB
    TemplateVersion.objects.create(language=yard.language, kind=kind, version=2, jenkins_template=name)


def test_what_cannot_be_read_says_why_and_the_others_stand(yard: Yard) -> None:
    yard.project("a-n1")
    silent = JenkinsController.objects.create(name="silent", url="http://127.0.0.1:1", username="x", token="y")
    make_project("b-n1", language=LANGUAGE, jenkins=silent)
    yard.project("c-n1")
    rows = rows_of(yard)
    assert [(row["project"], row["standing"]) for row in rows] == [
        ("a-n1", "follows"),
        ("b-n1", "unreadable"),
        ("c-n1", "follows"),
    ]
    problem = rows[1]["problem"]
    assert (problem["code"], problem["params"]["name"]) == ("outside.unavailable", "silent")
    assert "silent" in problem["detail"]
    assert [rows[0]["problem"], rows[2]["problem"]] == [None, None]


def test_a_template_job_that_is_gone_is_the_problem_of_each_of_its_jobs(yard: Yard) -> None:
    yard.project("a-n1")
    yard.client.call("DELETE", f"/job/{TEMPLATE}/")
    (row,) = rows_of(yard)
    assert (row["standing"], row["problem"]["code"]) == ("unreadable", "jenkins.template_missing")
    assert row["problem"]["detail"] == "Jenkins “builds” has no template job tpl-rust."
    yard.jobs.remove(TEMPLATE)


def test_a_page_reads_its_own_projects_only_each_once_and_the_template_once(yard: Yard) -> None:
    for slug in ("a-n1", "b-n1", "c-n1"):
        yard.project(slug)
    Project.objects.filter(slug="c-n1").update(archived_at=Now())
    make_project("other-n1", language="java", jenkins=yard.row)
    yard.quiet()
    client = signed_in(yard.people["root"])
    first = client.get(URL, {"limit": 1}).json()
    read = [entry.subject for entry in yard.server.journal.find(since=yard.since)]
    assert ([row["project"] for row in first["results"]], sorted(read)) == (["a-n1"], ["a-n1", TEMPLATE])
    second = client.get(URL, {"limit": 1, "cursor": first["next"]}).json()
    assert ([row["project"] for row in second["results"]], second["next"]) == (["b-n1"], None)


def test_secrets_of_a_job_are_never_shown(yard: Yard) -> None:
    yard.project("a-n1")
    yard.edit("a-n1", "<builders>", "<authToken>hunter2-token</authToken><builders>")
    answer = signed_in(yard.people["root"]).get(URL)
    assert [(one["path"], one["job"]) for one in answer.json()["results"][0]["differences"]] == [
        ("remote trigger token", "***")
    ]
    assert "hunter2" not in answer.content.decode()


def test_who_administers_reads_a_languages_page_and_members_their_own_job(yard: Yard) -> None:
    project = yard.project("a-n1")
    environment = project.environments.create(environment_id=yard.people["ops"].grants.get().environment_id).environment
    grant(yard.people["dev"], project, environment, "developer")
    own = "/api/v1/projects/a-n1/job-drift"
    assert {who: signed_in(yard.people[who]).get(URL).status_code for who in ("root", "ops", "dev")} == {
        "root": 200,
        "ops": 403,
        "dev": 403,
    }
    found = {who: signed_in(yard.people[who]).get(own) for who in ("root", "dev", "stranger")}
    assert {who: answer.status_code for who, answer in found.items()} == {"root": 200, "dev": 200, "stranger": 404}
    assert (found["dev"].json()["project"], found["dev"].json()["standing"]) == ("a-n1", "follows")


def test_a_language_that_is_not_there_or_has_no_job_template_says_so(yard: Yard) -> None:
    client = signed_in(yard.people["root"])
    assert client.get("/api/v1/languages/cobol/drift/").status_code == 404
    Language.objects.create(slug="cobol", name="COBOL")
    answer = client.get("/api/v1/languages/cobol/drift/")
    assert (answer.status_code, answer.json()["code"]) == (409, "catalog.template_missing")
