"""The configuration that was in force with an earlier version comes back together with its image (R8).

A new revision with the old document; held values stay as they are, for the portal gives no earlier one back. Must not:
decide which image, or apply anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Subquery

from apps.common.canonical import sha256_hex
from apps.common.errors import Conflict, Invalid
from apps.projects.models import ProjectEnvironment
from apps.tickets.models import Ticket
from apps.workloads.configuring import revisions
from apps.workloads.configuring.filing import assert_acceptable, assert_newest, assert_not_denied, objects_of
from apps.workloads.configuring.held import missing_values
from apps.workloads.configuring.making import gives_deployment, in_force_for
from apps.workloads.configuring.planning import Plan, completed, plan_for
from apps.workloads.configuring.preview import look_or_raise
from apps.workloads.models import Configuration, ConfigurationRevision, Workload

Json = dict[str, Any]


@dataclass(frozen=True)
class Restored:
    """What comes back: `document` of the revision `old`, over the one in force now, whose number is `based_on`.

    `number` is its own, for it stands in the objects: that of the ticket's revision, or the next one before the filing.
    """

    plan: Plan
    old: ConfigurationRevision
    document: Json
    based_on: int
    number: int

    def of_these(self, workloads: list[Workload]) -> list[Workload]:
        """Those whose image stands in the objects; another container of the same Deployment gets its image alone."""
        places = {(one.cluster.pk, one.container) for one in self.plan.targets}
        named = [one for one in workloads if one.deployment == self.plan.name]
        return [one for one in named if (one.placement.cluster_id, one.container) in places]

    @property
    def facts(self) -> Json:
        """What the ticket keeps of it."""
        return {"configuration": self.plan.name, "brought_back_from": self.old.number, "based_on": self.based_on}


def of_that_day(pair: ProjectEnvironment, workloads: list[Workload], moment: datetime) -> Restored:
    """The one configuration that was another one at that moment; from rows alone.

    Conflict where none was in force then, where it is in force still, where several would have to come back (a ticket
    carries one revision), and where the schema of today no longer accepts it.
    """
    where: Json = {"environment": pair.environment.slug}
    known = {one.configuration_id: one for one in in_force_for(workloads).values()}
    then = []
    for now in known.values():
        old = revisions.in_force_at(pair, now.configuration.name, moment)
        if old is not None and gives_deployment(old):
            then.append((old, now))
    if not then:
        raise Conflict("rollback.no_configuration", **where)
    moved = [(old, now) for old, now in then if old.document != now.document]
    if not moved:
        raise Conflict("rollback.same_configuration", number=then[0][1].number, **where)
    if len(moved) > 1:
        names = sorted(now.configuration.name for _, now in moved)
        raise Conflict("rollback.several_configurations", workloads=names, **where)
    old, now = moved[0]
    name = now.configuration.name
    number = revisions.next_number(pair, name)
    return Restored(plan_for(pair, name), old, _document_of(pair, name, old), now.number, number)


def _document_of(pair: ProjectEnvironment, name: str, old: ConfigurationRevision) -> Json:
    """The old document as today's schema completes it: what was added to the contract since has its default."""
    try:
        return completed(pair, name, old.document)
    except Invalid as error:
        params: Json = {
            "environment": pair.environment.slug,
            "number": old.number,
            "places": sorted(error.fields or {}),
        }
        raise Conflict("rollback.configuration_outdated", **params) from error


def restored_by(ticket: Ticket) -> Restored | None:
    """What a ticket brings back, by its revision; None for a ticket that brings back none."""
    revision = revision_of(ticket)
    if revision is None:
        return None
    pair, name = revision.configuration.project_environment, revision.configuration.name
    old = revisions.get_revision(pair, name, ticket.facts["brought_back_from"])
    based_on = ticket.facts["based_on"]
    return Restored(plan_for(pair, name), old, revision.document, based_on, revision.number)


def revision_of(ticket: Ticket) -> ConfigurationRevision | None:
    """The revision a ticket brings with it, if any."""
    rows = ConfigurationRevision.objects.filter(ticket=ticket)
    whole = "configuration__project_environment"
    return rows.select_related(f"{whole}__project", f"{whole}__environment").first()


def content_with(content: Json, back: Restored, images: dict[int, str]) -> Json:
    """The change of images with what becomes of each object beside it (D17). Asks every cluster.

    images: by a cluster's id, what will run there. Raises what filing a configuration would raise: for what a standard
    denies, a quota, a field of somebody else, a held value that is missing, and a cluster that cannot be read.
    """
    plan, document = back.plan, back.document
    if {one.cluster.pk for one in plan.targets} != set(images):
        raise Conflict("configuration.targets_changed", environment=plan.pair.environment.slug)
    missing = sorted({key for _, key in missing_values(document, plan.held)})
    if missing:
        raise Conflict(
            "rollback.no_value", environment=plan.pair.environment.slug, number=back.old.number, keys=missing
        )
    assert_not_denied(plan, document, next(iter(images.values())))
    rows = look_or_raise(plan, document, back.number, images=images)
    assert_acceptable(plan, rows)
    by_cluster = {row["cluster"]: objects_of(row) for row in rows}
    targets = [
        one | (by_cluster[one["cluster"]] if one["deployment"] == plan.name else {}) for one in content["targets"]
    ]
    versions = plan.secret_versions(document)
    about = {
        **({"secrets": versions} if versions else {}),
        "name": plan.name,
        "brought_back_from": back.old.number,
        "document": sha256_hex(document),
    }
    return {**content, "targets": targets, "configuration": about}


def propose_again(ticket: Ticket, pair: ProjectEnvironment) -> ConfigurationRevision:
    """The new revision, with the old document; in the transaction of the filing."""
    name, number = ticket.facts["configuration"], ticket.facts["brought_back_from"]
    head = Configuration.objects.select_for_update(no_key=True).get(project_environment=pair, name=name)
    assert_newest(pair, name, ticket.facts["based_on"])
    document = _document_of(pair, name, revisions.get_revision(pair, name, number))
    return ConfigurationRevision.objects.create(
        configuration=head,
        number=revisions.next_number(pair, name),
        document=document,
        secret_versions=plan_for(pair, name).secret_versions(document),
        note=str(ticket.facts["reason"])[:500],
        author_id=ticket.requester_id,
        ticket=ticket,
    )


def assert_still(ticket: Ticket) -> None:
    """At the start: nobody applied another revision since, and from here on it is these held values."""
    revision = revision_of(ticket)
    if revision is None:
        return
    head = revision.configuration
    assert_newest(head.project_environment, head.name, ticket.facts["based_on"])
    revisions.bind_values(revision, plan_for(head.project_environment, head.name))


def put_in_force(ticket: Ticket) -> None:
    """Every cluster has it: from the moment that its version arrived, so that from now on they belong together."""
    arrived = Ticket.objects.filter(pk=ticket.pk).values("finished_at")
    ConfigurationRevision.objects.filter(ticket=ticket).update(applied_at=Subquery(arrived))
