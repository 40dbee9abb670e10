"""A project whose environments have places and nothing in them: no Deployment, no Workload row; and its configuration.

Must not: make what the portal makes.
"""

from __future__ import annotations

from typing import Any

from apps.tickets.models import Ticket
from apps.workloads.models import Workload
from tests.releases.hand import SLUG, Cluster, Hand
from tests.support.story import CLUSTERS, Company

Json = dict[str, Any]
PLACES = tuple(name for names in CLUSTERS.values() for name in names)
# Small and quick to start and stop.
DOCUMENT: Json = {"replicas": 3, "shutdown": {"deregister": [], "sleep_seconds": 10, "grace_seconds": 40}}


def emptied(company: Company) -> None:
    """What the company's baseline put there is gone, outside and in the portal."""
    Workload.objects.all().delete()
    for name in PLACES:
        swept(company, name)


def swept(company: Company, name: str) -> None:
    """One cluster without anything of the workload's name."""
    cluster = Cluster(company, name)
    space = f"namespaces/{cluster.namespace}"
    for path in (
        cluster.path(),
        f"/api/v1/{space}/services/{SLUG}",
        f"/apis/policy/v1/{space}/poddisruptionbudgets/{SLUG}",
    ):
        try:
            cluster.call("DELETE", path)
        except OSError:
            continue  # it never came to be
    jobs = f"/apis/batch/v1/{space}/jobs"
    for job in cluster.call("GET", jobs)["items"]:
        cluster.call("DELETE", f"{jobs}/{job['metadata']['name']}?propagationPolicy=Background")


def configured(
    company: Company,
    hand: Hand,
    environment: str = "test",
    *,
    based_on: int = 0,
    take_over: bool = False,
    **document: Any,
) -> Ticket:
    """A configuration of the workload, in force."""
    form = {"name": SLUG, "document": {**DOCUMENT, **document}, "based_on": based_on, "take_over": take_over}
    ticket = company.file("configure", "developer", SLUG, environment, **form)
    if ticket.status == "pending_approval":
        company.approve(ticket)
    ended = hand.drive(ticket)
    assert (ended.status, ended.reason) == ("succeeded", None)
    return ended


def missing(company: Company, name: str) -> bool:
    """Whether the cluster has no Deployment of the workload's name."""
    try:
        Cluster(company, name).deployment()
    except OSError as error:
        assert "404" in str(error)
        return True
    return False
