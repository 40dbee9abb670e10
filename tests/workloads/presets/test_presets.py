"""Presets of the configuration form over the API: whose they are, who may, and what never goes into one (W3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.catalog.models import Language
from apps.projects.models import Project
from apps.workloads.models import ConfigurationPreset
from tests.support.factories import grant, make_environment, make_project, make_user, use
from tests.tickets.web import refusals, signed_in, told, with_token

pytestmark = pytest.mark.django_db
URL = "/api/v1/configuration-presets/"
DOCUMENT = {"replicas": 4, "environment": [{"name": "MODE", "value": "fast"}]}


@dataclass
class Shop:
    project: Project
    people: dict[str, User]

    def save(self, who: str, *, document: Any = None, **body: Any) -> Any:
        given = {"name": "calm", "scope": "project", "document": DOCUMENT if document is None else document, **body}
        if given["scope"] == "project":
            given.setdefault("project", "book-api")
        return signed_in(self.people[who]).post(URL, given)

    def listed(self, who: str, **query: str) -> list[dict[str, Any]]:
        answer = signed_in(self.people[who]).get(URL, query)
        assert answer.status_code == 200, answer.json()
        found: list[dict[str, Any]] = answer.json()["results"]
        return found

    def delete(self, who: str, preset: int) -> Any:
        return signed_in(self.people[who]).delete(f"{URL}{preset}/")


@pytest.fixture
def shop(db: None) -> Shop:
    project, test = make_project("book-api", language="go"), make_environment("test")
    production = make_environment("production", "production")
    Language.objects.get_or_create(slug="go", defaults={"name": "Go"})
    names = ("developer", "colleague", "ops", "owner", "stranger")
    people = {name: make_user(name, display_name=name.title()) for name in names}
    people["admin"] = make_user("admin", is_instance_admin=True)
    for environment in (test, production):
        use(project, environment)
    grant(people["developer"], project, test, "developer")
    grant(people["colleague"], project, test, "tester")
    grant(people["ops"], project, production, "ops")
    project.owners.add(people["owner"])
    return Shop(project, people)


def test_a_developer_saves_a_form_and_a_colleague_finds_it(shop: Shop) -> None:
    answer = shop.save("developer")
    assert answer.status_code == 201
    made = ConfigurationPreset.objects.get()
    expected = {
        "id": made.pk,
        "name": "calm",
        "scope": "project",
        "project": "book-api",
        "language": None,
        "document": DOCUMENT,
        "created_by": {"id": shop.people["developer"].pk, "username": "developer", "display_name": "Developer"},
        "can_delete": True,
    }
    assert {key: value for key, value in answer.json().items() if key != "created_at"} == expected
    assert shop.listed("colleague", project="book-api") == [{**answer.json(), "can_delete": False}]
    event = AuditEvent.objects.get(action="preset.created")
    assert (event.project_id, event.target_name) == (shop.project.pk, "calm")
    assert event.params == {"scope": "project", "owner": "book-api"}


def test_what_belongs_to_one_environment_is_taken_out(shop: Shop) -> None:
    entry = {"ip": "10.0.0.8", "names": ["db.test"]}
    given = {
        "exposure": {"inside_only": False, "host": "book.test.example.com"},
        "hosts": {"of_environment": True, "entries": [entry]},
        "secrets": [{"name": "PASSWORD", "secret": "", "key": "password"}],
        "pull_secret": "registry",
    }
    kept = shop.save("developer", document=given).json()["document"]
    assert kept == {
        "hosts": {"of_environment": True},
        "secrets": [{"name": "PASSWORD", "secret": "", "key": "password"}],
        "pull_secret": "registry",
    }
    assert ConfigurationPreset.objects.get().document == kept


def test_an_answer_that_needs_no_host_stays(shop: Shop) -> None:
    given = {"exposure": {"inside_only": False, "host": ""}}
    assert shop.save("developer", document=given).json()["document"] == given


def test_a_name_is_taken_once_per_owner(shop: Shop) -> None:
    shop.save("developer")
    assert told(shop.save("colleague", document={})) == (409, "preset.name_taken")
    assert shop.save("admin", scope="language", language="go").status_code == 201
    assert told(shop.save("admin", scope="language", language="go")) == (409, "preset.name_taken")
    assert ConfigurationPreset.objects.count() == 2
    assert ConfigurationPreset.objects.get(project=shop.project).document == DOCUMENT


def test_a_languages_presets_are_an_administrators_and_everybody_reads_them(shop: Shop) -> None:
    assert told(shop.save("ops", scope="language", language="go")) == (403, "policy.needs_admin")
    assert ConfigurationPreset.objects.count() == 0
    made = shop.save("admin", scope="language", language="go").json()
    assert (made["scope"], made["project"], made["language"]) == ("language", None, "go")
    assert shop.listed("stranger", language="go") == [{**made, "can_delete": False}]
    assert told(shop.delete("ops", made["id"])) == (403, "policy.needs_admin")
    assert shop.delete("admin", made["id"]).status_code == 204
    assert ConfigurationPreset.objects.count() == 0


def test_both_are_listed_together_by_name_in_pages(shop: Shop) -> None:
    shop.save("developer", name="b")
    shop.save("admin", name="a", scope="language", language="go")
    shop.save("developer", name="c")
    client = signed_in(shop.people["developer"])
    first = client.get(URL, {"project": "book-api", "language": "go", "limit": "2"}).json()
    assert [row["name"] for row in first["results"]] == ["a", "b"]
    rest = client.get(URL, {"project": "book-api", "language": "go", "cursor": first["next"]}).json()
    assert ([row["name"] for row in rest["results"]], rest["next"]) == (["c"], None)


def test_a_stranger_learns_nothing_of_a_project(shop: Shop) -> None:
    made = shop.save("developer").json()
    assert told(signed_in(shop.people["stranger"]).get(URL, {"project": "book-api"})) == (404, "not_found")
    assert told(signed_in(shop.people["stranger"]).get(URL, {"project": "no-such"})) == (404, "not_found")
    assert told(shop.save("stranger", name="mine")) == (404, "not_found")
    assert told(shop.delete("stranger", made["id"])) == (404, "not_found")
    assert told(shop.delete("stranger", made["id"] + 1)) == (404, "not_found")
    assert ConfigurationPreset.objects.count() == 1
    assert refusals() == ["configuration.read", "preset.create", "preset.delete"]


def test_an_owner_without_a_role_reads_and_may_not_save(shop: Shop) -> None:
    assert told(shop.save("owner")) == (403, "policy.needs_role_in_project")
    assert ConfigurationPreset.objects.count() == 0
    assert shop.listed("owner", project="book-api") == []


@pytest.mark.parametrize(("who", "expected"), [("developer", 204), ("ops", 204), ("owner", 204), ("colleague", 403)])
def test_who_made_it_ops_and_owners_delete_it(shop: Shop, who: str, expected: int) -> None:
    made = shop.save("developer").json()
    assert shop.delete(who, made["id"]).status_code == expected
    assert ConfigurationPreset.objects.exists() is (expected == 403)
    assert AuditEvent.objects.filter(action="preset.deleted", outcome="done").exists() is (expected == 204)


def test_a_document_of_a_wrong_shape_is_refused_by_its_fields(shop: Shop) -> None:
    answer = shop.save("developer", document={"replicas": 900, "java": {"heap": "1g"}, "colour": "red"})
    assert answer.status_code == 400
    found = {place: [one["code"] for one in ones] for place, ones in answer.json()["fields"].items()}
    assert found == {
        "/replicas": ["configuration.too_large"],
        "/java": ["configuration.java_only"],
        "/colour": ["configuration.unknown_member"],
    }
    assert ConfigurationPreset.objects.count() == 0


def test_a_partial_document_of_a_worker_is_taken(shop: Shop) -> None:
    assert shop.save("developer", document={"workload": "worker", "replicas": 2}).status_code == 201
    refused = shop.save("developer", name="x", document={"workload": "worker", "ports": [{"name": "h", "port": 80}]})
    assert list(refused.json()["fields"]) == ["/ports"]


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"scope": "project", "project": None}, "project", "null"),
        ({"scope": "language"}, "language", "required"),
        ({"scope": "language", "language": "cobol"}, "language", "does_not_exist"),
        ({"scope": "project", "language": "go"}, "language", "preset_of_one"),
        ({"scope": "company"}, "scope", "invalid_choice"),
        ({"name": "a\tb"}, "name", "invalid"),
        ({"name": "x" * 81}, "name", "max_length"),
        ({"created_by": 1}, "created_by", "unknown_field"),
    ],
)
def test_what_names_no_owner_or_no_name_is_refused_by_its_field(
    shop: Shop, body: dict[str, Any], field: str, code: str
) -> None:
    answer = shop.save("admin", **body)
    assert answer.status_code == 400
    assert [(name, ones[0]["code"]) for name, ones in answer.json()["fields"].items()] == [(field, code)]
    assert ConfigurationPreset.objects.count() == 0


def test_a_list_of_nothing_in_particular_is_refused(shop: Shop) -> None:
    answer = signed_in(shop.people["developer"]).get(URL)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["project"])


def test_a_token_needs_the_scope(shop: Shop) -> None:
    reader = with_token(shop.people["developer"], "configuration.read")
    assert reader.get(URL, {"project": "book-api"}).status_code == 200
    body = {"name": "calm", "scope": "project", "project": "book-api", "document": {}}
    assert told(reader.post(URL, body)) == (403, "policy.token_scope")
    assert with_token(shop.people["developer"], "preset.create").post(URL, body).status_code == 201
    assert ConfigurationPreset.objects.count() == 1
