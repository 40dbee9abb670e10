"""`manage.py doctor`: one line per thing, 1 when one fails, the same as JSON, and never a secret."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.audit.sealer import seal
from apps.integrations.models import Cluster, GitLabServer, JenkinsController, Registry
from apps.tickets import chores
from apps.tickets.models import Brake, Chore, Slot, Step, Ticket
from apps.workloads.models import ClusterHeartbeat
from tests.support.factories import make_project
from tests.support.sandbox import fault, running_sandbox
from tests.support.story import Company, found_company

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with running_sandbox(tmp_path_factory) as running:
        yield running


@pytest.fixture
def company(transactional_db: None, sandbox: Any) -> Company:
    """Every system answers, a worker and a watcher have just looked."""
    for server in sandbox.servers.values():
        server.faults.clear()
    made = found_company(sandbox)
    Cluster.objects.update(uid="")
    chores.ensure_rows()
    Chore.objects.update(last_done_at=timezone.now(), last_error=None)
    for cluster in Cluster.objects.all():
        ClusterHeartbeat.objects.create(cluster=cluster, seen_at=timezone.now())
    while seal():
        continue
    return made


def doctor(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict[str, Any]]]:
    capsys.readouterr()
    code = 0
    try:
        call_command("doctor", "--json")
    except SystemExit as end:
        code = int(end.code or 0)
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] == (code == 0)
    return code, {one["name"]: one for one in told["checks"]}


def failing(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    code, found = doctor(capsys)
    wrong = {name: one["text"] for name, one in found.items() if not one["ok"]}
    assert code == (1 if wrong else 0)
    return wrong


NAMES = [
    "database",
    "migrations",
    "broker",
    "layer",
    "recordings",
    "clock",
    "sweep",
    "chores",
    "steps",
    "watcher",
    "audit",
    "brakes",
]
SYSTEMS = ["GitLab gitlab", "Jenkins jenkins", "registry registry"]


def test_all_is_well_one_line_each(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    before = AuditEvent.objects.count()
    code, found = doctor(capsys)
    assert (code, [one["text"] for one in found.values() if not one["ok"]]) == (0, [])
    assert list(found)[:13] == [*NAMES, "zombies"]
    assert [name.lower() for name in list(found)[13:16]] == [name.lower() for name in SYSTEMS]
    assert len(found) == 13 + 3 + 3
    assert abs(found["clock"]["facts"]["skew_seconds"]) < 1
    assert AuditEvent.objects.count() == before
    assert GitLabServer.objects.get().last_check is None

    call_command("doctor")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(found)
    assert all(line.startswith("✓ ") for line in lines)


def test_no_secret_is_printed_whatever_fails(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    world = company.sandbox.world
    for server in company.sandbox.servers.values():
        fault(server, "*", "status", times=-1, status=401, body=f"bad token {world.gitlab_token}")
    try:
        with pytest.raises(SystemExit):
            call_command("doctor", "--json")
    finally:
        for server in company.sandbox.servers.values():
            server.faults.clear()
    said = capsys.readouterr().out
    secrets = [world.gitlab_token, world.jenkins_api_token, world.registry_password]
    secrets += [spec.portal_token for spec in world.clusters]
    assert [secret for secret in secrets if secret in said] == []


def test_systems_that_do_not_answer_are_named_and_the_others_are_not(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    GitLabServer.objects.update(url="http://127.0.0.1:1")
    Cluster.objects.filter(name="dc2").update(token="wrong")
    Cluster.objects.filter(name="dc1").update(is_enabled=False)
    _, found = doctor(capsys)
    wrong = [name for name, one in found.items() if not one["ok"]]
    assert [name.split()[-1] for name in wrong] == ["gitlab", "dc2"]
    off = next(one for name, one in found.items() if name.endswith(" dc1"))
    assert (off["ok"], off["text"]) == (True, "switched off")


def test_a_sweep_that_stopped_a_chore_that_fails_and_a_step_nobody_takes(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    long_ago = timezone.now() - timedelta(minutes=5)
    Chore.objects.filter(name="audit.seal").update(last_error={"code": "outside.unavailable", "params": {}})
    assert list(failing(capsys)) == ["chores"]
    Chore.objects.update(last_done_at=long_ago, last_error=None)
    ticket = a_ticket(company)
    Step.objects.create(ticket=ticket, name="start", order=0, status="due", due_at=long_ago)
    wrong = failing(capsys)
    assert list(wrong) == ["sweep", "chores", "steps"]
    assert wrong["sweep"].startswith("last sign of a worker: 30")


def a_ticket(company: Company) -> Ticket:
    project = make_project("alone", **company.servers)
    for model in (GitLabServer, JenkinsController, Registry):
        model._default_manager.filter(name="nowhere").delete()  # what the factory makes beside
    return Ticket.objects.create(
        kind="release",
        status="running",
        project=project,
        environment=company.environments["test"],
        requester=company.people["developer"],
        title="x",
    )


def test_a_silent_watcher_an_idle_sealer_and_zombies(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    ClusterHeartbeat.objects.filter(cluster__name="dc1").update(seen_at=timezone.now() - timedelta(minutes=1))
    minute_ago = timezone.now() - timedelta(minutes=1)
    AuditEvent.objects.create(
        action="a.b", outcome="done", actor_name="engine", actor_kind="system", params={}, created_at=minute_ago
    )
    ticket = a_ticket(company)
    ended = Ticket.objects.create(
        kind="release",
        status="failed",
        project=ticket.project,
        environment=ticket.environment,
        requester=ticket.requester,
        title="y",
    )
    Slot.objects.create(project=ticket.project, environment=ticket.environment, ticket=ended)
    wrong = failing(capsys)
    assert list(wrong) == ["watcher", "audit", "zombies"]
    assert wrong["audit"].startswith("1 rows wait, the oldest 6")
    assert wrong["watcher"].startswith("not seen: dc1 (6")
    assert wrong["zombies"] == "1 tickets with nothing open, 1 slots of ended ones"


def test_a_brake_that_is_on_is_said_and_fails_nothing(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    ops = company.people["ops"]
    Brake.objects.create(cluster=Cluster.objects.get(name="dc1"), reason="a disk", pulled_by=ops)
    code, found = doctor(capsys)
    assert code == 0
    assert found["brakes"]["text"].startswith("ON: dc1 since ")
    assert found["brakes"]["text"].endswith("by ops: a disk")


def test_without_a_database_only_what_needs_none_is_looked_at(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", str(tmp_path))
    try:
        code, found = doctor(capsys)
    finally:
        monkeypatch.undo()
        connection.close()
    assert code == 1
    assert {name: one["ok"] for name, one in found.items()} == {
        "database": False,
        "broker": True,
        "layer": True,
        "recordings": True,
        "rows": False,
    }


def test_migrations_that_have_not_run_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    try:
        _, found = doctor(capsys)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('sessions', '0001_initial', now())"
            )
    assert found["migrations"]["text"] == "1 to run with `manage.py migrate`: sessions.0001_initial"
    assert not found["migrations"]["ok"]
