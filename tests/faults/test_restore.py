"""An older backup is restored while the outside has gone on (QR18): its keys are found there, nothing is done twice.

A real `pg_dump` of a database with tickets at every step, twenty releases more, a real `pg_restore`, a real worker.
What happened since is counted in the journals of GitLab, Jenkins and the clusters.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.releases.models import Build, Release, Rollout
from apps.releases.services.verdicts import give_verdict
from apps.tickets import bell
from apps.tickets.models import Step, Ticket
from opsportal.demo.postgres import SUPERUSER, installation
from tests.faults.nursery import Marks
from tests.faults.outside_support import SLUG, SPEEDS, Workers, running_company, stands_still
from tests.releases.hand import Cluster, Hand
from tests.support.database import process_environment
from tests.support.story import ENDED, Company, wait_ended, wait_for, wait_status
from tests.tickets.web import signed_in

MORE = 20
pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def company(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Company]:
    with running_company(tmp_path_factory, django_db_blocker, build_seconds=0.2) as made:
        yield made


@pytest.fixture(scope="module")
def workers(company: Company, redis_url: str) -> Iterator[Workers]:
    made = Workers({**process_environment(redis_url), **SPEEDS, "OPSPORTAL_CALLS_PER_PROJECT": "8"})
    yield made
    made.close()


class Backup:
    """`pg_dump` and `pg_restore` of this test's database, with the programs that come with the server."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "backup.dump"

    def take(self) -> None:
        self._run("pg_dump", "-Fc", "-f", str(self.file), self._name())

    def restore(self) -> None:
        """Over whatever is there now, in one transaction; sequences go back too."""
        connections.close_all()
        self._run(
            "pg_restore",
            "--clean",
            "--if-exists",
            "--no-owner",
            "--single-transaction",
            "-d",
            self._name(),
            str(self.file),
        )

    @staticmethod
    def _name() -> str:
        return str(settings.DATABASES["default"]["NAME"])

    @staticmethod
    def _run(program: str, *arguments: str) -> None:
        given = settings.DATABASES["default"]
        where = {"PGHOST": given["HOST"], "PGPORT": str(given["PORT"] or ""), "PGUSER": given["USER"] or SUPERUSER}
        if given["PASSWORD"]:
            where["PGPASSWORD"] = given["PASSWORD"]
        command = [str(installation() / "bin" / program), *arguments]
        done = subprocess.run(command, env={**os.environ, **where}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def release(company: Company) -> Ticket:
    return company.file("release", "developer", SLUG, "test", ref="main")


def at_every_step(company: Company, quick: pytest.MonkeyPatch) -> list[Ticket]:
    """Releases that stand before one of their steps each; nobody has touched it."""
    quick.setattr(settings.CONFIG, "build_recheck_seconds", 0.2)
    quick.setattr(bell, "ring", lambda ids: None)
    hand, tickets = Hand(company), []
    for step in ("take_slot", "resolve_digest", "await_build", "start_build", "ensure_job", "create_tag"):
        ticket = release(company)
        hand.drive(ticket, until=hand.step_is(ticket, step, "due"))
        tickets.append(ticket)
    Step.objects.filter(status__in=["due", "waiting"]).update(due_at=Now())
    quick.undo()
    return tickets


def stop_at(workers: Workers, ticket: Ticket, step: str, at: str = "before_intent", target: str = "") -> None:
    """The ticket stands at that moment of that step, and whoever brought it there is no more."""
    moment: dict[str, Any] = {"step": step, "ticket": ticket.pk, "at": at, **({"target": target} if target else {})}
    pid = workers.start(**moment)
    wait_for(lambda: stands_still(pid), 40, f"{moment}")
    workers.kill(pid)


def test_what_the_outside_did_after_the_backup_is_found_by_its_key_and_nothing_is_done_again(
    company: Company, workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tickets stand before every step; then they end, and twenty more go over them; then the backup comes back."""
    backup = Backup(tmp_path)
    tickets = at_every_step(company, monkeypatch)
    backup.take()
    with workers.working():
        for ticket in tickets:
            wait_ended(ticket, 90)
        more = [release(company) for _ in range(MORE)]
        for ticket in more:
            wait_ended(ticket, 120)
    lost = {t.pk for t in more}
    tags_lost = set(Release.objects.filter(ticket__in=more).values_list("tag", flat=True))
    running_image = Cluster(company, "test-1").image()
    built = {b.ticket_id: (b.number, b.key) for b in Build.objects.filter(ticket__in=tickets)}

    backup.restore()
    assert not Ticket.objects.filter(pk__in=lost).exists()
    assert not Ticket.objects.filter(pk__in=[t.pk for t in tickets], status__in=ENDED).exists()
    marks = Marks(company)
    with workers.working():
        ended = [wait_ended(ticket, 90) for ticket in tickets]
    assert marks.count("gitlab", "tag.create") == 0
    assert marks.count("jenkins", "build.trigger") == 0
    assert marks.count("jenkins", "build.stop") == 0
    assert marks.image_changes("test-1") == []
    assert Cluster(company, "test-1").image() == running_image
    for ticket in ended:
        assert ticket.status == "superseded", (ticket.pk, ticket.status, ticket.reason)
        build = Build.objects.get(ticket=ticket)
        assert (build.number, build.key) == built[ticket.pk]
    assert {t.reason["code"] for t in ended if t.reason} <= {"rollout.overtaken_unknown", "release.overtaken"}
    assert any(t.reason and t.reason["code"] == "rollout.overtaken_unknown" for t in ended)
    said = notes(company, tickets[-1])
    assert set(said) == {"create_tag", "start_build"}
    for words in said.values():
        assert words["en"].startswith("This was already done outside: found by its key ")
        assert words["zh"].startswith("此步已在外部完成")

    # Ids are issued again: the next ones are others', whose builds and tags are in Jenkins and GitLab under these ids.
    marks = Marks(company)
    with workers.working():
        again = [release(company) for _ in range(3)]
        ended = [wait_ended(ticket, 90) for ticket in again]
    assert {t.pk for t in again} <= lost
    assert [t.status for t in ended].count("succeeded") >= 1
    assert marks.count("gitlab", "tag.create") == 3
    assert marks.count("jenkins", "build.start") == 3
    for ticket in again:
        made = Release.objects.get(ticket=ticket)
        assert made.tag not in tags_lost
        assert made.labels["io.opsportal.key"] == Build.objects.get(ticket=ticket).key
        assert notes(company, ticket) == {}
    assert marks.image_changes("test-1")[-1].endswith(Release.objects.get(ticket=again[-1]).digest)


def notes(company: Company, ticket: Ticket) -> dict[str, dict[str, str]]:
    """What the steps of a ticket have to say, as the API tells it in both languages."""
    found: dict[str, dict[str, str]] = {}
    reader = company.people["developer"]
    for language in ("en", "zh"):
        User.objects.filter(pk=reader.pk).update(language=language)
        answer = signed_in(User.objects.get(pk=reader.pk)).get(f"/api/v1/tickets/{ticket.pk}/steps/")
        assert answer.status_code == 200, answer.content
        body = answer.json()
        for step in body["results"] if isinstance(body, dict) else body:
            if step["note"]:
                found.setdefault(step["name"], {})[language] = step["note"]["detail"]
    return found


def test_a_promote_that_was_done_after_the_backup_is_found_on_each_cluster(
    company: Company, workers: Workers, tmp_path: Path
) -> None:
    backup = Backup(tmp_path)
    with workers.working():
        ticket = release(company)
        assert wait_ended(ticket, 60).status == "succeeded"
    tested = Release.objects.get(ticket=ticket)
    test = company.environments["test"]
    give_verdict(tested, test, outcome="passed", comment="", actor=company.actor("tester"))
    promote = company.file("promote", "developer", SLUG, "production", release=tested.tag)
    wait_status(promote, "pending_approval", 5)
    company.approve(promote)
    stop_at(workers, promote, "patch_image", target=f"dc1/{SLUG}")
    backup.take()
    with workers.working():
        assert wait_ended(promote, 60).status == "succeeded"
    backup.restore()
    marks = Marks(company)
    with workers.working():
        ended = wait_ended(promote, 60)
    assert (ended.status, ended.reason) == ("succeeded", None)
    assert marks.image_changes("dc1") == marks.image_changes("dc2") == []
    rollouts = Rollout.objects.filter(ticket=promote).values_list("result", "to_digest")
    assert list(rollouts) == [("succeeded", tested.digest)] * 2
    assert set(notes(company, promote)) == {"patch_image"}
