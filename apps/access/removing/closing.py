"""The last step of a removal: the grants taken back and the project closed, together.

It comes last, so that whoever asked and approved still reads and may retry while the rest is under way. Rows only.
Must not: delete history, or take back a grant that somebody gave by hand.
"""

from __future__ import annotations

from django.db.models.functions import Now

from apps.access.models import Provision
from apps.audit.services import record
from apps.projects.models import Grant, Project
from apps.projects.services.grants import revoke_grant
from apps.projects.services.projects import withdraw_project
from apps.tickets import registry
from apps.tickets.advance import ENGINE
from apps.tickets.models import Ticket
from apps.tickets.outcomes import Done, Outcome
from apps.tickets.visit import Visit
from apps.workloads.secrets import forget_secrets

ADOPTED = {"code": "access.kept_adopted", "params": {}}


@registry.step("close_project", writes=False)
def close_project(visit: Visit) -> Outcome:
    """An admitted project is archived, one that never was is withdrawn and its name is free; what was there before the
    portal is told as kept."""
    ticket = visit.ticket
    with visit.owned():
        project = Project.objects.select_for_update(of=("self",)).get(pk=ticket.project_id)
        revoked = _revoke_grants(project, ticket)
        left = Provision.objects.filter(project=project, removed_at=None, kept__isnull=True, is_adopted=True)
        left.update(kept=ADOPTED)
        if project.stage == Project.Stage.REQUESTED:
            withdraw_project(project, ticket.form.get("because") or ticket.pk, actor=ENGINE)
        elif project.stage == Project.Stage.ACTIVE:
            Project.objects.filter(pk=project.pk).update(archived_at=Now())
            params = {"ticket": ticket.pk}
            forget_secrets(project, actor=ENGINE)
            record("project.archived", target=project, params=params, project_id=project.pk, actor=ENGINE)
        project.refresh_from_db()
    return Done({"what": "project", "link": "", "did": project.stage.value, "grants": revoked})


def _revoke_grants(project: Project, ticket: Ticket) -> int:
    """The grants that the access gave have ended; how many still lived."""
    revoked = 0
    rows = Provision.objects.filter(project=project, what=Provision.What.GRANTS, removed_at=None, is_adopted=False)
    for row in rows:
        live = Grant.objects.filter(Grant.live(), pk__in=row.address.get("grants", []))
        for grant in live.select_related("user", "project", "environment"):
            revoke_grant(grant, actor=ENGINE)
            revoked += 1
        Provision.objects.filter(pk=row.pk).update(removed_at=Now(), removed_by=ticket)
    return revoked
