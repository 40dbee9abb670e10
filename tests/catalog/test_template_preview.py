"""A template before and at its saving: what it makes, and every problem with its line; a template job read in Jenkins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from apps.audit.models import AuditEvent
from apps.catalog.models import TemplateVersion
from apps.integrations.models import JenkinsController
from apps.sandbox.jenkins.server import JenkinsServer
from tests.support.factories import make_project
from tests.support.jenkins import jenkins_and_registry, job_xml
from tests.support.jobs import LANGUAGE, PARAMETERS, TEMPLATE, Yard, template_xml, yard_on
from tests.tickets.web import signed_in

VERSIONS = f"/api/v1/languages/{LANGUAGE}/templates/"
PREVIEW = f"{VERSIONS}preview"
STRING = "hudson.model.StringParameterDefinition"
CHOICE = "hudson.model.ChoiceParameterDefinition"
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


def look(yard: Yard, kind: str, text: str, **more: Any) -> dict[str, Any]:
    answer = signed_in(yard.people["root"]).post(PREVIEW, {"kind": kind, "text": text, **more})
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def problems(found: dict[str, Any]) -> list[tuple[str, int | None, str]]:
    return [(one["code"], one["line"], one["level"]) for one in found["problems"]]


def save(yard: Yard, name: str) -> Any:
    return signed_in(yard.people["root"]).post(VERSIONS, {"kind": "jenkins_job", "jenkins_template": name})


def numbers(kind: str = "jenkins_job") -> list[int]:
    found = TemplateVersion.objects.filter(language__slug=LANGUAGE, kind=kind)
    return list(found.order_by("version").values_list("version", flat=True))


# -- a Dockerfile -------------------------------------------------------------------------------------------
def test_a_dockerfile_is_shown_for_an_example_and_for_a_project(yard: Yard) -> None:
    source = "FROM alpine:3.20.3\nLABEL who={{ project }} in={{ language|upper }}\n"
    found = look(yard, "dockerfile", source)
    assert found["rendered"] == "FROM alpine:3.20.3\nLABEL who=book-tomcat-n1 in=RUST\n"
    assert (found["problems"], found["values"]["project"]) == ([], "book-tomcat-n1")
    yard.project("a-n1", job=False)
    assert "who=a-n1" in look(yard, "dockerfile", source, project="a-n1")["rendered"]


def test_every_problem_of_a_dockerfile_has_its_line_and_its_sentence(yard: Yard) -> None:
    found = look(yard, "dockerfile", "FROM alpine:3\n\nRUN {{ secret }}\nRUN {{ token }}\n")
    assert problems(found) == [("template.unknown_value", 3, "deny"), ("template.unknown_value", 4, "deny")]
    assert found["problems"][0]["detail"] == (
        "Line 3: the portal has no value “secret”. A template may use: language, project."
    )
    assert found["rendered"] == ""
    moving = look(yard, "dockerfile", "FROM a AS build\nFROM b:latest\nCOPY --from=build x x\n")
    assert problems(moving) == [
        ("template.image_not_pinned", 1, "deny"),
        ("template.image_not_pinned", 2, "deny"),
    ]
    assert moving["rendered"].startswith("FROM a AS build")


def test_saving_refuses_with_all_of_them_under_the_field(yard: Yard) -> None:
    body = {"kind": "dockerfile", "body": "FROM a\nFROM b:latest\n"}
    answer = signed_in(yard.people["root"]).post(VERSIONS, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "template.image_not_pinned")
    assert [one["params"]["line"] for one in answer.json()["fields"]["body"]] == [1, 2]
    assert numbers("dockerfile") == []


def test_a_project_of_another_language_is_refused_and_strangers_get_no_preview(yard: Yard) -> None:
    make_project("java-n1", language="java", jenkins=yard.row)
    client = signed_in(yard.people["root"])
    answer = client.post(PREVIEW, {"kind": "dockerfile", "text": "FROM a:1\n", "project": "java-n1"})
    assert (answer.status_code, answer.json()["fields"]["project"][0]["code"]) == (400, "template.other_language")
    for who in ("ops", "dev"):
        assert signed_in(yard.people[who]).post(PREVIEW, {"kind": "dockerfile", "text": ""}).status_code == 403


def test_a_preview_stores_nothing(yard: Yard) -> None:
    before = AuditEvent.objects.count()
    look(yard, "dockerfile", "FROM alpine:3\n")
    look(yard, "jenkins_job", TEMPLATE)
    assert (numbers("dockerfile"), numbers(), AuditEvent.objects.count()) == ([], [1], before)
    assert yard.written() == [("job.create", TEMPLATE)]  # the yard's own


# -- a template job -------------------------------------------------------------------------------------------
def test_a_template_job_is_shown_as_a_job_made_from_it_without_its_secrets(yard: Yard) -> None:
    yard.put("tpl-secret", template_xml("git clone https://ci:hunter2@git/x", extra="<authToken>hunter3</authToken>"))
    found = look(yard, "jenkins_job", "tpl-secret")
    assert (found["problems"], found["where"]) == ([], "builds")
    assert "<authToken>***</authToken>" in found["rendered"]
    assert "https://***@git/x" in found["rendered"]
    assert "hunter" not in found["rendered"]
    assert "<disabled>false</disabled>" in found["rendered"]
    assert "opsportal: template tpl-secret " in found["rendered"]


def test_its_parameters_have_to_be_ours_and_take_every_text(yard: Yard) -> None:
    xml = template_xml().replace(f"<{STRING}><name>TAG</name>", f"<{CHOICE}><name>TAG</name>")
    tag = xml.index("<name>TAG</name>")
    xml = xml[:tag] + xml[tag:].replace(f"</{STRING}>", f"</{CHOICE}>", 1)
    xml = xml.replace("<name>COMMIT</name>", "<name>SPEED</name>")
    yard.put("tpl-odd", xml)
    found = look(yard, "jenkins_job", "tpl-odd")
    assert problems(found) == [
        ("template.parameter_kind", 1, "deny"),
        ("template.parameter_missing", None, "deny"),
        ("template.parameter_unknown", 1, "warn"),
    ]
    assert [one["params"]["parameter"] for one in found["problems"]] == ["TAG", "COMMIT", "SPEED"]


def test_a_script_that_expects_to_be_filled_in_is_refused_with_its_line(yard: Yard) -> None:
    yard.put("tpl-filled", template_xml("set -eu\ndocker inspect --format '{{.Id}}' x\nmake {{ project }}"))
    found = look(yard, "jenkins_job", "tpl-filled")
    assert problems(found) == [("template.never_filled_in", 3, "deny")]
    assert found["problems"][0]["params"]["placeholder"] == "{{ project }}"
    answer = save(yard, "tpl-filled")
    assert (answer.status_code, answer.json()["fields"]["jenkins_template"][0]["code"]) == (
        400,
        "template.never_filled_in",
    )
    assert numbers() == [1]


def test_a_version_is_saved_only_when_every_controller_in_use_has_its_job(yard: Yard) -> None:
    assert save(yard, "tpl-nowhere").json()["fields"]["jenkins_template"][0]["code"] == "jenkins.template_missing"
    yard.put("tpl-bare", job_xml("make"))
    missing = save(yard, "tpl-bare").json()["fields"]["jenkins_template"]
    assert [one["params"]["parameter"] for one in missing] == list(PARAMETERS)
    assert numbers() == [1]
    yard.put("tpl-rust-2", template_xml())
    answer = save(yard, "tpl-rust-2")
    assert (answer.status_code, answer.json()["version"], numbers()) == (201, 2, [1, 2])


def test_a_controller_in_use_that_does_not_answer_stops_the_saving_and_one_not_in_use_does_not(yard: Yard) -> None:
    other = JenkinsController.objects.create(name="silent", url="http://127.0.0.1:1", username="x", token="y")
    yard.project("a-n1", job=False)
    assert save(yard, TEMPLATE).status_code == 201
    make_project("b-n1", language=LANGUAGE, jenkins=other)
    answer = save(yard, TEMPLATE)
    assert (answer.status_code, answer.json()["code"]) == (503, "outside.unavailable")
    assert numbers() == [1, 2]
    found = look(yard, "jenkins_job", TEMPLATE)
    assert (problems(found), found["where"]) == ([("outside.unavailable", None, "deny")], "builds")


def test_a_name_that_no_job_has_and_no_jenkins_at_all_are_told(yard: Yard) -> None:
    assert problems(look(yard, "jenkins_job", "tpl?x")) == [("template.bad_job_name", None, "deny")]
    JenkinsController.objects.update(is_enabled=False)
    assert problems(look(yard, "jenkins_job", TEMPLATE)) == [("template.no_jenkins", None, "warn")]
