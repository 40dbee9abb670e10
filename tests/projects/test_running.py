"""What a project says of how it runs: an owner changes it over the API, field by field, and nothing else gets in."""

from __future__ import annotations

from typing import Any

import pytest

from apps.audit.models import AuditEvent
from apps.projects.models import Project
from tests.projects.conftest import Office, fields
from tests.projects.test_projects import NEW, URL

MINE = URL + "book-api-n1/"
PERSON = {"name": "On call", "channel": "phone", "address": "+86 10 1234"}
SAID = {
    "deploy_path": "/opt/book-api",
    "log_path": "stdout",
    "start_command": ["bin/start", "--port", "8080"],
    "stop_command": ["bin/stop"],
    "callback": {"url": "https://hooks.example.com/released?team=books"},
    "alarm_contacts": [PERSON],
}
NOTHING: dict[str, Any] = {
    "deploy_path": "",
    "log_path": "",
    "start_command": [],
    "stop_command": [],
    "callback": {},
    "alarm_contacts": [],
}
BAD = [
    ({"log_path": "/var/log/app.log"}, {"log_path": "stdout_only"}),
    ({"log_path": "STDOUT"}, {"log_path": "stdout_only"}),
    ({"log_path": None}, {"log_path": "null"}),
    ({"deploy_path": "opt/app"}, {"deploy_path": "absolute_path"}),
    ({"deploy_path": "/opt/a\nb"}, {"deploy_path": "absolute_path"}),
    ({"start_command": "bin/start"}, {"start_command": "not_a_list"}),
    ({"start_command": ["", "x"]}, {"start_command": "no_program"}),
    ({"stop_command": ["x"] * 51}, {"stop_command": "max_length"}),
    ({"alarm_contacts": [{**PERSON, "channel": "pigeon"}]}, {"alarm_contacts.0.channel": "invalid_choice"}),
    ({"alarm_contacts": [PERSON] * 51}, {"alarm_contacts": "max_length"}),
    ({"callback": {"url": "http://hooks.example.com/x"}}, {"callback.url": "https_url"}),
    ({"callback": {"url": "https://me:secret@hooks.example.com/x"}}, {"callback.url": "https_url"}),
    ({"callback": {"url": "https://169.254.169.254/latest"}}, {"callback.url": "integration.url_refused"}),
    ({"callback": {"url": "https://metadata.google.internal/x"}}, {"callback.url": "integration.url_refused"}),
    ({"callback": {"url": "file:///etc/passwd"}}, {"callback.url": "invalid"}),
    ({"callback": {"script": "rm -rf /"}}, {"callback.script": "unknown_field"}),
]


def said(project: Project) -> dict[str, Any]:
    project.refresh_from_db()
    return {name: getattr(project, name) for name in SAID}


def test_an_owner_says_it_all_and_the_trail_says_from_what_to_what(office: Office) -> None:
    answer = office.client("owner").patch(MINE, SAID, format="json")
    assert answer.status_code == 200, answer.content
    assert {name: answer.json()[name] for name in SAID} == said(office.project) == SAID
    event = AuditEvent.objects.get(action="project.updated")
    assert (event.actor_id, event.params) == (office.owner.pk, {"before": NOTHING, "after": SAID})


def test_one_field_changes_that_field_and_empty_takes_it_back(office: Office) -> None:
    client = office.client("owner")
    client.patch(MINE, SAID, format="json")
    assert client.patch(MINE, {"log_path": ""}, format="json").status_code == 200
    assert said(office.project) == {**SAID, "log_path": ""}
    assert client.patch(MINE, NOTHING, format="json").status_code == 200
    assert said(office.project) == NOTHING


@pytest.mark.parametrize(("change", "problem"), BAD)
def test_what_is_no_such_thing_is_refused_with_a_sentence_and_changes_nothing(
    office: Office, change: dict[str, Any], problem: dict[str, str]
) -> None:
    answer = office.client("owner").patch(MINE, {"description": "new", **change}, format="json")
    assert (answer.status_code, fields(answer)) == (400, problem)
    sentence = next(iter(answer.json()["fields"].values()))[0]["detail"]
    assert sentence
    assert (said(office.project), office.project.description) == (NOTHING, "")
    assert not AuditEvent.objects.filter(action="project.updated").exists()


@pytest.mark.parametrize(("change", "problem"), BAD)
def test_the_same_is_refused_when_a_project_is_made(
    office: Office, change: dict[str, Any], problem: dict[str, str]
) -> None:
    answer = office.client("admin").post(URL, {**NEW, **change}, format="json")
    assert (answer.status_code, fields(answer)) == (400, problem)
    assert Project.objects.count() == 1


def test_an_address_of_this_machine_is_refused_where_nothing_of_it_is_called(office: Office, settings: Any) -> None:
    settings.CONFIG = settings.CONFIG.model_copy(update={"allow_loopback": False})
    client = office.client("owner")
    for url in ("http://127.0.0.1:8001/x", "https://127.0.0.1:8001/x", "https://localhost/x", "https://2130706433/x"):
        assert client.patch(MINE, {"callback": {"url": url}}, format="json").status_code == 400
    assert said(office.project) == NOTHING


def test_who_is_no_owner_changes_none_of_it(office: Office) -> None:
    assert office.client("developer").patch(MINE, SAID, format="json").status_code == 403
    assert office.client("stranger").patch(MINE, SAID, format="json").status_code == 404
    assert said(office.project) == NOTHING
