"""A hundred and twenty-five services come in at once, through any death of a worker, and nothing outside is written."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from django.db.models import Q

from apps.access.intake import changing, working
from apps.access.models import Intake, IntakeRow, Provision
from apps.audit.models import AuditEvent
from apps.projects.models import Project
from apps.workloads.models import Workload
from tests.access.intake.conftest import SERVICES, Desk, slug_of
from tests.releases.hand import Cluster
from tests.support.database import process_environment
from tests.support.factories import make_user
from tests.support.sandbox import fault

KILLED = """
import os, signal, django
django.setup()
from apps.access.intake import working
taken = 0
def die(name):
    global taken
    taken += name == "taken"
    if taken == 40 and name == "claimed":
        os.kill(os.getpid(), signal.SIGKILL)
working._checkpoint = die
while working.work_once():
    pass
"""


def states(intake: Intake) -> dict[str, int]:
    return dict(Counter(intake.rows.values_list("state", flat=True)))


def ours(intake: Intake) -> list[IntakeRow]:
    return list(intake.rows.filter(slug__startswith="svc-").order_by("slug"))


def in_a_thread(desk: Desk) -> int:
    """What one of several workers does."""
    try:
        return desk.work()
    finally:
        connection.close()


def test_all_of_them_in_one_go(desk: Desk, services: list[str]) -> None:
    desk.outside.mark()
    intake = desk.find()
    rows = ours(intake)
    assert [row.slug for row in rows] == services
    first = rows[1]
    assert (first.gitlab_path, first.job, first.language, first.environments) == (
        f"team/{slug_of(1)}",
        slug_of(1),
        "go",
        ["test"],
    )
    assert first.workloads == [
        {
            "environment": "test",
            "cluster": "test-1",
            "namespace": "test",
            "deployment": slug_of(1),
            "container": "app",
            "image": f"{desk.company.sandbox.world.registry_host}/team/{slug_of(1)}:1",
        }
    ]
    assert {(row.confidence, row.is_ticked, str(row.problems)) for row in rows} == {("certain", True, "{}")}
    assert [one["code"] for one in first.why] == [
        "intake.why_scm",
        "intake.why_deployment_image",
        "intake.job_in_the_way",
    ]
    desk.take(intake)
    assert intake.state == "done"
    assert Counter(row.state for row in ours(intake)) == {"taken": SERVICES}
    project = Project.objects.get(slug=slug_of(7))
    assert (project.stage, project.language, project.image_repository) == ("active", "php", f"team/{slug_of(7)}")
    assert sorted(project.provisions.values_list("what", "target", "is_adopted", "ticket")) == [
        ("job", slug_of(7), True, None),
        ("repository", f"team/{slug_of(7)}", True, None),
    ]
    held = Workload.objects.filter(project_environment__project=project)
    assert [(one.namespace, one.deployment, one.container) for one in held] == [("test", slug_of(7), "app")]
    taken = AuditEvent.objects.filter(action="intake.row_taken", project_id=project.pk)
    assert [(row.actor_name, row.params["intake"]) for row in taken] == [("admin", intake.pk)]
    assert desk.outside.changed() == []


def test_a_worker_killed_in_the_middle_leaves_no_twin(desk: Desk, services: list[str]) -> None:
    intake = desk.find()
    assert desk.post(f"{intake.pk}/take/").status_code == 202
    desk.outside.mark()
    surroundings = process_environment("redis://127.0.0.1:1/0")
    ended = subprocess.run(
        [sys.executable, "-c", KILLED], env=surroundings, timeout=300, check=False, capture_output=True
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr[-2000:]
    assert Project.objects.filter(slug__startswith="svc-").count() == 40
    held = IntakeRow.objects.filter(intake=intake, lease_until__isnull=False).exclude(state="taken")
    assert held.count() == 1
    assert desk.work() >= 1  # the others
    left = IntakeRow.objects.get(intake=intake, state="waiting", is_ticked=True)
    intake.refresh_from_db()
    assert intake.state == "taking"
    held.update(lease_until=None)  # its lease ran out
    desk.work()
    intake.refresh_from_db()
    left.refresh_from_db()
    assert (intake.state, left.state) == ("done", "taken")
    assert Project.objects.filter(slug__startswith="svc-").count() == SERVICES
    assert (
        AuditEvent.objects.filter(action="intake.row_taken", params__intake=intake.pk).count()
        == states(intake)["taken"]
    )
    assert Provision.objects.filter(what="job", target__startswith="svc-").count() == SERVICES
    assert desk.outside.changed() == []


def test_a_stale_worker_writes_nothing_for_a_row_that_another_one_holds(desk: Desk, services: list[str]) -> None:
    intake = desk.find()
    changing.tick_rows(intake.pk, ~Q(slug=slug_of(0)), is_ticked=False, actor=desk.company.actor("admin"))
    desk.post(f"{intake.pk}/take/")

    def overtake(name: str) -> None:
        if name == "claimed":
            IntakeRow.objects.filter(intake=intake, slug=slug_of(0)).update(fence=1000)

    working._checkpoint = overtake
    working.take_one()
    assert not Project.objects.filter(slug=slug_of(0)).exists()
    assert IntakeRow.objects.get(intake=intake, slug=slug_of(0)).state == "waiting"


def test_two_administrators_take_the_same_services_in(desk: Desk, services: list[str]) -> None:
    desk.company.people["second"] = make_user("second", is_instance_admin=True)
    mine, theirs = desk.find(), desk.find()
    for intake, who in ((mine, "admin"), (theirs, "second")):
        assert desk.post(f"{intake.pk}/take/", who=who).status_code == 202
    with ThreadPoolExecutor(2) as workers:
        assert sum(workers.map(lambda _: in_a_thread(desk), range(2))) >= 2 * SERVICES
    desk.work()
    made = Project.objects.filter(slug__startswith="svc-")
    assert made.count() == SERVICES
    for intake in (mine, theirs):
        intake.refresh_from_db()
    assert (mine.state, theirs.state) == ("done", "done")
    both = IntakeRow.objects.filter(slug__startswith="svc-", intake__in=[mine, theirs])
    assert Counter(both.values_list("state", flat=True)) == {"taken": SERVICES, "exists": SERVICES}
    assert {row.project_id for row in both.filter(state="exists")} == set(made.values_list("pk", flat=True))
    assert Workload.objects.filter(deployment__startswith="svc-").count() == SERVICES


def test_what_is_a_project_already_is_marked_and_not_ticked(desk: Desk, services: list[str]) -> None:
    desk.take(desk.find())
    again = desk.find()
    assert {(row.state, row.is_ticked) for row in ours(again)} == {("exists", False)}
    answer = desk.post(f"{again.pk}/tick/", {"filter": {"state": "exists"}})
    assert (answer.status_code, answer.json()) == (200, {"changed": 0, "passed_over": 0})


def test_a_row_that_fails_says_why_and_is_corrected_and_tried_again(desk: Desk, services: list[str]) -> None:
    intake = desk.find()
    desk.post(f"{intake.pk}/tick/", {"filter": {}, "is_ticked": False})
    rows = ours(intake)[:2]
    desk.post(f"{intake.pk}/tick/", {"ids": [row.pk for row in rows]})
    Cluster(desk.company, "test-1").call("DELETE", f"/apis/apps/v1/namespaces/test/deployments/{rows[0].slug}")
    image = rows[0].workloads[0]["image"]
    try:
        assert desk.take(intake).state == "done"
        rows[0].refresh_from_db()
        rows[1].refresh_from_db()
        assert (rows[0].state, rows[0].error["code"]) == ("failed", "workload.deployment_missing")
        assert rows[1].state == "taken"
        assert not Project.objects.filter(slug=rows[0].slug).exists()
        answer = desk.patch(rows[0], workloads=[])
        assert (answer.status_code, answer.json()["error"], answer.json()["is_ticked"]) == (200, None, True)
        desk.take(intake)
        rows[0].refresh_from_db()
        assert rows[0].state == "taken"
        assert not Workload.objects.filter(deployment=rows[0].slug).exists()
    finally:
        from tests.access.intake.conftest import deployment

        path = "/apis/apps/v1/namespaces/test/deployments"
        Cluster(desk.company, "test-1").call("POST", path, deployment(rows[0].slug, "test", image))


def test_a_system_that_does_not_answer_is_named_and_the_others_are_read(desk: Desk, services: list[str]) -> None:
    jenkins = desk.company.sandbox.servers["jenkins"]
    fault(jenkins, "root.tree", "status", status=503, times=1000)
    intake = desk.find()
    told = {
        one["name"]: (one["state"], (one["problem"] or {}).get("code"))
        for one in desk.get(f"{intake.pk}/").json()["readings"]
    }
    assert told["jenkins"] == ("failed", "outside.unavailable")
    assert {told[name] for name in ("gitlab", "test-1", "dc1", "dc2")} == {("read", None)}
    row = ours(intake)[0]
    assert (row.gitlab_path, row.job, row.confidence) == (f"team/{slug_of(0)}", "", "certain")


def test_stopping_ends_with_the_row_that_is_written_and_goes_on_later(desk: Desk, services: list[str]) -> None:
    intake = desk.find()
    desk.post(f"{intake.pk}/take/")
    for _ in range(3):
        assert working.take_one()
    assert desk.post(f"{intake.pk}/stop/").json()["state"] == "stopped"
    assert desk.work() == 0
    assert states(intake)["taken"] == 3
    assert desk.take(intake).state == "done"
    assert Counter(row.state for row in ours(intake)) == {"taken": SERVICES}


def test_who_is_no_administrator_any_more_takes_nothing_in(desk: Desk, services: list[str]) -> None:
    intake = desk.find()
    desk.post(f"{intake.pk}/take/")
    type(desk.company.people["admin"]).objects.filter(username="admin").update(is_instance_admin=False)
    desk.work()
    intake.refresh_from_db()
    assert (intake.state, intake.halted["code"]) == ("stopped", "intake.right_lost")
    assert not Project.objects.exists()


def test_a_job_and_a_name_belong_to_one_project_only(desk: Desk, services: list[str]) -> None:
    first, second = desk.find(), desk.find()
    only = {"filter": {"q": slug_of(3)}}
    for intake in (first, second):
        desk.post(f"{intake.pk}/tick/", {"filter": {}, "is_ticked": False})
        assert desk.post(f"{intake.pk}/tick/", only).json()["changed"] == 1
    row = IntakeRow.objects.get(intake=second, slug=slug_of(3))
    assert desk.patch(row, slug="another-n1").json()["problems"] == {}
    desk.take(first)
    answer = desk.post(f"{second.pk}/take/")
    assert (answer.status_code, answer.json()["code"]) == (409, "intake.nothing_ticked")
    row.refresh_from_db()
    assert (row.state, row.project.slug) == ("exists", slug_of(3))
    assert Project.objects.filter(slug="another-n1").count() == 0
