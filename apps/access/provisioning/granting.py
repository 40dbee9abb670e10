"""The last two steps of a provisioning: the default grants, then the project is one of the portal's (P3, P5).

Rows only. Must not: call outside, or give a right that the form did not name.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models.functions import Now

from apps.access.models import Provision
from apps.access.provisioning.rows import confirm, intend
from apps.accounts.models import User
from apps.audit.services import record
from apps.projects.models import Environment, Grant, Project, Role
from apps.projects.services.grants import give_grant
from apps.projects.services.people import people_named
from apps.tickets import registry
from apps.tickets.advance import ENGINE
from apps.tickets.outcomes import Done, Outcome
from apps.tickets.visit import Visit


@registry.step("grant_defaults", writes=False)
def grant_defaults(visit: Visit) -> Outcome:
    """Owners develop, testers test and operators operate, in each environment of the project; a grant that is there
    already is left as it is. All of them together or none."""
    project = visit.ticket.project
    rows = []
    with visit.owned():
        people = list(_people(visit, project))
        for pair in project.environments.select_related("environment").order_by("environment__position"):
            given = _give(project, pair.environment, people)
            row = intend(visit, Provision.What.GRANTS, "", pair.environment.slug)
            made = [*row.address.get("grants", []), *given]
            confirm(visit, row, address={"grants": made}, link="", is_adopted=not made)
            rows.append({"environment": pair.environment.slug, "given": len(given), "there": len(people) - len(given)})
    did = "created" if any(one["given"] for one in rows) else "unchanged"
    return Done({"what": Provision.What.GRANTS, "link": "", "did": did, "environments": rows})


def _people(visit: Visit, project: Project) -> Iterator[tuple[User, str]]:
    """Who gets which role; raises Invalid for a name that nobody active has (any more)."""
    yield from ((user, Role.DEVELOPER) for user in project.owners.filter(is_active=True).order_by("pk"))
    yield from ((user, Role.TESTER) for user in people_named(visit.params["testers"], "testers"))
    yield from ((user, Role.OPS) for user in people_named(visit.params["operators"], "operators"))


def _give(project: Project, environment: Environment, people: list[tuple[User, str]]) -> list[int]:
    """Ids of the grants made."""
    live = Grant.objects.filter(Grant.live(), project=project, environment=environment)
    there = set(live.values_list("user_id", "role"))
    return [
        give_grant(user, project, environment, role, expires_at=None, actor=ENGINE).pk
        for user, role in dict.fromkeys(people)
        if (user.pk, role) not in there
    ]


@registry.step("admit_project", writes=False)
def admit_project(visit: Visit) -> Outcome:
    """Everything stands: the project is active from now on."""
    with visit.owned():
        waiting = Project.objects.filter(pk=visit.ticket.project_id, admitted_at=None, withdrawn_at=None)
        did = "created" if waiting.update(admitted_at=Now()) else "unchanged"
        if did == "created":
            project = visit.ticket.project
            record(
                "project.admitted",
                target=project,
                params={"ticket": visit.ticket.pk},
                project_id=project.pk,
                actor=ENGINE,
            )
    return Done({"what": "project", "link": "", "did": did})
