"""Configurations over the API from rows alone: what is in force, revisions, differences, exports, the form's schema."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import yaml

from apps.accounts.models import User
from apps.catalog.standards.sources import current_documents
from apps.common.db import db_now
from apps.projects.models import ProjectEnvironment
from apps.workloads.configuring.planning import completed
from apps.workloads.models import Configuration, ConfigurationRevision
from tests.support.factories import grant, make_cluster, make_environment, make_project, make_user, place, use
from tests.tickets.web import signed_in
from tests.workloads.objects import NEW, deployment, image, make_workload, observe

pytestmark = pytest.mark.django_db
PROJECT = "/api/v1/projects/book-api/configurations/"
ONE = f"{PROJECT}test/book/"


@dataclass
class Shop:
    pair: ProjectEnvironment
    member: User
    stranger: User

    def get(self, url: str, who: User | None = None, **query: Any) -> Any:
        return signed_in(who or self.member).get(url, query)

    def revision(self, number: int, *, days: int | None = None, **given: Any) -> ConfigurationRevision:
        """A revision; applied so many days ago, or only proposed."""
        head, _ = Configuration.objects.get_or_create(project_environment=self.pair, name="book")
        return ConfigurationRevision.objects.create(
            configuration=head,
            number=number,
            document=completed(self.pair, "book", given),
            author=self.member,
            applied_at=None if days is None else db_now() - timedelta(days=days),
        )


@pytest.fixture
def shop(db: None) -> Shop:
    project, test = make_project("book-api", language="go"), make_environment("test")
    member = make_user("member")
    grant(member, project, test, "tester")
    place(test, make_cluster("lab"))
    return Shop(use(project, test), member, make_user("stranger"))


def test_before_the_first_revision_the_portal_proposes_one(shop: Shop) -> None:
    found = shop.get(ONE).json()
    assert (found["is_proposal_only"], found["revision"]) == (True, None)
    assert found["document"] == completed(shop.pair, "book", {})
    assert shop.get(f"{PROJECT}test/Not_a_name/").status_code == 404


def test_in_force_is_what_was_applied_last_and_not_what_is_only_proposed(shop: Shop) -> None:
    shop.revision(1, days=3)
    shop.revision(2, days=1, replicas=4)
    shop.revision(3, days=2, replicas=5)
    shop.revision(4, replicas=6)
    found = shop.get(ONE).json()
    assert (found["revision"]["number"], found["document"]["replicas"], found["is_proposal_only"]) == (2, 4, False)
    (row,) = shop.get(PROJECT).json()["results"]
    assert (row["environment"], row["name"], row["current"]["number"]) == ("test", "book", 2)


def test_revisions_come_in_pages_the_newest_first_without_documents(shop: Shop) -> None:
    for number in (1, 2, 3):
        shop.revision(number)
    first = shop.get(f"{ONE}revisions/", limit=2).json()
    assert [row["number"] for row in first["results"]] == [3, 2]
    rest = shop.get(f"{ONE}revisions/", limit=2, cursor=first["next"]).json()
    assert ([row["number"] for row in rest["results"]], rest["next"]) == ([1], None)
    assert "document" not in rest["results"][0]
    assert shop.get(f"{ONE}revisions/2/").json()["document"]["workload"] == "service"
    assert shop.get(f"{ONE}revisions/9/").status_code == 404


def test_two_revisions_differ_as_documents_and_as_objects(shop: Shop) -> None:
    shop.revision(1, replicas=2)
    shop.revision(2, replicas=3, files=[{"path": "/etc/a.conf", "content": "x"}])
    found = shop.get(f"{ONE}difference", before=1, after=2).json()
    assert {"path": "replicas", "before": 2, "after": 3} in found["document"]
    rows = {row["object"]: row for row in found["objects"]}
    assert rows["ConfigMap book-files"]["is_new"] is True
    assert {"path": "spec.replicas", "before": 2, "after": 3} in rows["Deployment book"]["changes"]
    assert "Service book" not in rows
    assert shop.get(f"{ONE}difference", before=1).status_code == 400
    assert shop.get(f"{ONE}difference", before=1, after=9).status_code == 404


def test_an_export_has_the_image_last_seen_and_without_one_nothing_that_runs_pods(shop: Shop) -> None:
    shop.revision(1, days=1)
    answer = shop.get(f"{ONE}export.yaml")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert [one["kind"] for one in yaml.safe_load_all(answer.content)] == ["Service"]
    placement = shop.pair.environment.placements.get()
    workload = make_workload(shop.pair.project, shop.pair.environment, placement.cluster)
    observe(workload, deployment(NEW), [])
    exported = list(yaml.safe_load_all(shop.get(f"{ONE}export.yaml").content))
    assert [one["kind"] for one in exported] == ["Service", "Deployment"]
    assert exported[1]["spec"]["template"]["spec"]["containers"][0]["image"] == image(NEW)
    files = shop.get(f"{ONE}chart").json()["files"]
    assert sorted(files) == ["Chart.yaml", "templates/deployment.yaml", "templates/service.yaml", "values.yaml"]
    assert shop.get(f"{ONE}export.yaml", cluster="elsewhere").status_code == 404
    assert shop.get(f"{ONE}export.yaml", revision=2).status_code == 404


def test_the_form_gets_the_schema_of_the_projects_language_and_the_environments_tier(shop: Shop) -> None:
    place_asked: dict[str, Any] = {"project": "book-api", "environment": "test"}
    schema = shop.get("/api/v1/configuration-schema", **place_asked).json()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "java" not in schema["properties"]
    cron = shop.get("/api/v1/configuration-schema", workload="cron", **place_asked).json()
    assert cron["properties"]["workload"]["x-default"] == "cron"
    wrong = shop.get("/api/v1/configuration-schema", workload="job", **place_asked)
    assert (wrong.status_code, list(wrong.json()["fields"])) == (400, ["workload"])


def test_a_stranger_finds_nothing(shop: Shop) -> None:
    shop.revision(1, days=1)
    for url in ("", "test/book/", "test/book/revisions/", "test/book/revisions/1/", "test/book/export.yaml"):
        assert shop.get(f"{PROJECT}{url}", shop.stranger).status_code == 404, url
    asked: dict[str, Any] = {"project": "book-api", "environment": "test"}
    assert shop.get("/api/v1/configuration-schema", shop.stranger, **asked).status_code == 404
    assert shop.get(f"{PROJECT}nowhere/book/").status_code == 404


def test_the_standards_hear_of_every_document_in_force(shop: Shop) -> None:
    shop.revision(1, days=2)
    shop.revision(2, days=1, replicas=4)
    shop.revision(3)
    (found,) = current_documents()
    assert (found.document["replicas"], found.subject.workload_name, found.subject.language) == (4, "book", "go")
