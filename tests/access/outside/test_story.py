"""One service from its request to its archive: set up, killed half way, gone on, and taken away again without a trace.

What happened outside is read from the stand-ins' journals; what is there, from the stand-ins themselves.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from apps.access.models import Provision
from apps.access.removal import archive_project
from apps.integrations.clients import get_jenkins
from apps.integrations.jenkins.provisioning import list_jobs
from apps.integrations.loop import run
from apps.projects.models import Grant, Placement, Project
from apps.tickets.models import Ticket
from tests.access.outside.conftest import CLUSTERS, Desk, hooks_of, states, steps_of
from tests.releases.hand import Outside
from tests.support.story import Company

pytestmark = pytest.mark.django_db(transaction=True)
NAMESPACED = ("configmaps", "secrets", "services", "deployments", "cronjobs", "jobs", "resourcequotas")


def everything(company: Company) -> dict[str, Any]:
    """What stands outside, by system."""
    jobs = run(list_jobs(get_jenkins(company.servers["jenkins"])), 10).jobs
    found: dict[str, Any] = {"hooks": sorted(hooks_of(company)), "jobs": sorted(job.name for job in jobs)}
    for name in CLUSTERS:
        store = company.sandbox.clusters[name].store
        found[name] = sorted(
            f"{kind} {one['metadata'].get('namespace', '')}/{one['metadata']['name']}"
            for kind in ("namespaces", *NAMESPACED)
            for one in store.list(kind, None)
        )
    return found


def calls(outside: Outside, *verbs: str) -> Counter[tuple[str, str, str]]:
    """(server, kind of thing, which one) of the accepted calls since the mark that end in one of these verbs."""
    return Counter(
        (name, entry.kind.rpartition(".")[0], entry.subject)
        for name, server in outside.servers.items()
        for entry in server.journal.find(accepted=True, since=outside.marks[name])
        if entry.method not in ("GET", "HEAD") and entry.kind.rpartition(".")[2] in verbs
    )


def test_a_service_comes_and_goes_and_leaves_nothing_but_its_history(
    company: Company, desk: Desk, outside: Outside
) -> None:
    Placement.objects.filter(cluster__name="dc1").update(quota={"pods": "30", "limits.memory": "16Gi"})
    before = everything(company)
    ticket = desk.ask()
    assert outside.changed() == []

    # approved, and killed in the middle, twice
    struck = desk.crash_after("create_job")
    ticket = desk.run(desk.approve(ticket), until=lambda: len(struck) == 1)
    struck = desk.crash_after("create_namespace", "dc2")
    ticket = desk.run(ticket)
    assert (ticket.status, len(struck)) == ("succeeded", 1), steps_of(ticket)
    made = calls(outside, "create", "patch")
    slug = ticket.project.slug
    assert sorted(kind for _, kind, _ in made) == ["hook", "job", *["namespaces"] * 3, "resourcequotas"]
    assert set(made.values()) == {1}
    assert len(outside.changed()) == len(made)
    project = Project.objects.get(pk=ticket.project_id)
    told = [row for row in states(project) if row[2] == "created" and row[0] != "grants"]
    assert (project.stage, len(told)) == ("active", len(made))
    there = everything(company)
    assert {name for name in there if there[name] == before[name]} == set()

    # archived, and killed in the middle again
    outside.mark()
    form = {"confirm": slug, "reason": "nobody calls it any more"}
    removal, _ = archive_project(project, form, actor=company.actor("developer"))
    struck = desk.crash_after("remove_job")
    removal = desk.run(desk.approve(removal), until=lambda: len(struck) == 1)
    struck = desk.crash_after("remove_namespace", "dc1")
    removal = desk.run(removal)
    assert (removal.status, len(struck)) == ("succeeded", 1), steps_of(removal)
    gone = calls(outside, "delete")
    assert sorted(kind for _, kind, _ in gone) == sorted(kind for _, kind, _ in made)
    assert set(gone.values()) == {1}
    assert len(outside.changed()) == len(gone)
    assert everything(company) == before

    # what is left is history
    project = Project.objects.get(pk=ticket.project_id)
    assert (project.stage, project.slug) == ("archived", slug)
    assert list(Ticket.objects.filter(project=project).order_by("pk")) == [ticket, removal]
    assert not Grant.objects.filter(Grant.live(), project=project).exists()
    assert {row.state for row in Provision.objects.filter(project=project)} == {"removed", "kept"}
