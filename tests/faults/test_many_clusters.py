"""Three clusters at once, one of them in trouble (QR8): the truth per cluster, and a resume of the unfinished one only.

Real workers and the real watcher; what each cluster was told comes from its own journal, what runs there from itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from apps.integrations.models import Cluster as ClusterRow
from apps.releases.models import Release, Rollout
from apps.tickets.models import Ticket
from apps.tickets.services.running import retry_ticket
from tests.faults.nursery import Marks
from tests.faults.outside_support import SLUG, SPEEDS, Workers, cluster_of, running_company
from tests.support import story
from tests.support.database import process_environment
from tests.support.factories import make_environment, place
from tests.support.sandbox import fault
from tests.support.story import Company, wait_ended, wait_for
from tests.tickets.web import signed_in

WIDE = ["test-1", "dc1", "dc2"]
SICK = "dc1"
WELL = [name for name in WIDE if name != SICK]
TIMEOUT = 1.0
ADMISSION = 'admission webhook "policy.example" denied the request: not in the change window'
pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def company(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Company]:
    story.CLUSTERS["wide"] = WIDE
    both = ("test", "wide")
    try:
        with (
            running_company(
                tmp_path_factory, django_db_blocker, build_seconds=0.2, environments=both, prepare=add_wide
            ) as made,
            watching(),
        ):
            yield made
    finally:
        del story.CLUSTERS["wide"]


def add_wide(company: Company) -> None:
    """An environment on all three clusters at once."""
    wide = company.environments["wide"] = make_environment("wide", "test", position=5)
    for row in ClusterRow.objects.filter(name__in=WIDE):
        place(wide, row, wave=1)


@contextmanager
def watching() -> Iterator[None]:
    """The watcher, as in production."""
    env = {**process_environment(os.environ["OPSPORTAL_REDIS_URL"]), **SPEEDS}
    child = subprocess.Popen([sys.executable, "manage.py", "watch_clusters"], env=env)
    try:
        yield
    finally:
        child.terminate()
        child.wait(20)


@pytest.fixture(scope="module")
def nursery(company: Company, redis_url: str) -> Iterator[Workers]:
    speeds = {**SPEEDS, "OPSPORTAL_OUTSIDE_TIMEOUT": str(TIMEOUT), "OPSPORTAL_LEASE_SECONDS": "4"}
    made = Workers({**process_environment(redis_url), **speeds})
    yield made
    made.close()


@pytest.fixture
def workers(nursery: Workers) -> Iterator[Workers]:
    yield nursery
    nursery.end_all()


Heal = Callable[[], None]


def answers_500(company: Company) -> Heal:
    return _script(company, "deployments.*", "status", status=500)


def hangs(company: Company) -> Heal:
    return _script(company, "deployments.*", "hang", seconds=20)


def refuses_by_admission(company: Company) -> Heal:
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": ADMISSION,
        "reason": "Forbidden",
        "code": 403,
    }
    headers = {"Content-Type": "application/json"}
    return _script(company, "deployments.patch", "status", status=403, body=json.dumps(status), headers=headers)


def is_unreachable(company: Company) -> Heal:
    row = ClusterRow.objects.filter(name=SICK)
    (address,) = row.values_list("api_url", flat=True)
    row.update(api_url="https://127.0.0.1:1")

    def heal() -> None:
        assert row.update(api_url=address) == 1

    return heal


def _script(company: Company, kind: str, action: str, **more: Any) -> Heal:
    server = company.sandbox.clusters[SICK]
    script = fault(server, kind, action, times=-1, **more)

    def heal() -> None:
        assert script.struck > 0, "the script was never hit"
        server.faults.clear()

    return heal


@dataclass(frozen=True)
class Trouble:
    name: str
    begins: Callable[[Company], Heal]
    status: str
    code: str


TROUBLES = [
    Trouble("500", answers_500, "errored", "outside.unavailable"),
    Trouble("hang", hangs, "errored", "outside.timeout"),
    Trouble("unreachable", is_unreachable, "errored", "outside.unavailable"),
    Trouble("admission", refuses_by_admission, "failed", "kubernetes.admission_refused"),
]


def running_in(company: Company, name: str) -> str:
    return str(cluster_of(company, name, "wide").image())


def patches(marks: Marks, name: str) -> list[str]:
    return marks.image_changes(name)


def told(company: Company, ticket: Ticket) -> tuple[dict[str, Any], dict[tuple[str, str], Any], dict[str, Any]]:
    """The ticket, its steps by name and cluster, and the board's cells by cluster, as the API tells them."""
    client = signed_in(company.people["developer"])
    body = client.get(f"/api/v1/tickets/{ticket.pk}/").json()
    steps = {
        (s["name"], s["target"].partition("/")[0]): s
        for s in client.get(f"/api/v1/tickets/{ticket.pk}/steps/").json()["results"]
    }
    rows = client.get(f"/api/v1/board?project={SLUG}").json()["environments"]
    (wide,) = [row for row in rows if row["environment"]["slug"] == "wide"]
    return body, steps, {cell["cluster"]["name"]: cell for cell in wide["cells"]}


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda t: t.name)
def test_one_cluster_in_trouble_is_told_as_it_is_and_resumed_alone(
    company: Company, workers: Workers, trouble: Trouble
) -> None:
    marks = Marks(company)
    before = running_in(company, SICK)
    ticket = company.file("release", "developer", SLUG, "wide", ref="main")
    heal = trouble.begins(company)
    quickly = {"TROUBLES_MOST": 3, "BACKOFF_MOST": 0.5}
    with workers.working(engine=quickly):
        others = Rollout.objects.filter(ticket=ticket, workload__placement__cluster__name__in=WELL)
        wait_for(lambda: others.filter(result="succeeded").count() == 2, 60, "the two that are well")
        assert Ticket.objects.get(pk=ticket.pk).status != "succeeded"
        ended = wait_ended(ticket, 90)
    assert ended.status == trouble.status
    assert ended.reason is not None
    assert ended.reason["code"] == trouble.code
    release = Release.objects.get(ticket=ticket)
    image = f"{company.sandbox.world.registry_host}/shop/{SLUG}:{release.tag}@{release.digest}"
    assert {name: patches(marks, name) for name in WIDE} == {"test-1": [image], "dc1": [], "dc2": [image]}

    body, steps, _ = told(company, ticket)
    assert body["status"] == trouble.status
    for name in WELL:
        assert steps["await_rollout", name]["status"] == "succeeded"
        shown = partial(digest_on_board, company, ticket, name)
        wait_for(lambda shown=shown: bool(shown() == release.digest), 20, f"{name} on the board")  # type: ignore[misc]
    assert steps["patch_image", SICK]["status"] == trouble.status
    assert steps["await_rollout", SICK]["status"] == "skipped"
    assert digest_on_board(company, ticket, SICK) in (None, before.rpartition("@")[2])

    heal()
    marks = Marks(company)
    with workers.working():
        ended = wait_ended(retry_ticket(ticket, actor=company.actor("developer")), 60)
    assert (ended.status, ended.reason) == ("succeeded", None)
    assert {name: patches(marks, name) for name in WIDE} == {"test-1": [], "dc1": [image], "dc2": []}
    for name in WELL:  # not even looked at
        gets = company.sandbox.clusters[name].journal.find("deployments.get", since=marks.before[f"cluster {name}"])
        assert gets == []
    assert {running_in(company, name) for name in WIDE} == {image}


def digest_on_board(company: Company, ticket: Ticket, name: str) -> str | None:
    return told(company, ticket)[2][name]["digest"] or None


def test_a_slow_cluster_is_waited_for_and_keeps_nobody_up(company: Company, workers: Workers) -> None:
    marks = Marks(company)
    ticket = company.file("release", "developer", SLUG, "wide", ref="main")
    script = fault(company.sandbox.clusters[SICK], "deployments.*", "delay", seconds=TIMEOUT * 0.7, times=-1)
    with workers.working():
        ended = wait_ended(ticket, 90)
    company.sandbox.clusters[SICK].faults.clear()
    assert script.struck >= 2
    assert (ended.status, ended.reason) == ("succeeded", None)
    patched = {name: patches(marks, name) for name in WIDE}
    assert {len(images) for images in patched.values()} == {1}
    assert len({running_in(company, name) for name in WIDE}) == 1
    finished: dict[str, Any] = dict(
        Rollout.objects.filter(ticket=ticket).values_list("workload__placement__cluster__name", "finished_at")
    )
    assert max(finished[name] for name in WELL) < finished[SICK]
