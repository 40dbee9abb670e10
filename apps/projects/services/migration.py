"""Moving a project's traffic in one environment between virtual machines and containers (P8).

Must not: change a revision, reach a server, or name one that nobody bound to the project or gave as an address.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.audit.services import record
from apps.common.errors import Conflict
from apps.policy.actor import Actor
from apps.projects.addresses import server_address
from apps.projects.models import MigrationRevision, ProjectEnvironment, Resource
from apps.projects.nginx import heading, nginx_upstream, upstream_name
from apps.projects.services.refusals import differences, refused

State = MigrationRevision.State
WEIGHTS = {State.VM: (0, 0), State.MIXED: (1, 99), State.CONTAINER: (100, 100)}
FIELDS = ("state", "container_weight", "container_servers")


@dataclass(frozen=True)
class Machines:
    """The bound servers of a pair: canonical addresses, each once, and the resources whose address is none."""

    addresses: tuple[str, ...]
    unusable: tuple[Resource, ...]


def revisions_of(pair: ProjectEnvironment) -> QuerySet[MigrationRevision]:
    """All revisions with their authors."""
    rows = MigrationRevision.objects.filter(project_id=pair.project_id, environment_id=pair.environment_id)
    return rows.select_related("author")


def current_revision(pair: ProjectEnvironment) -> MigrationRevision:
    """The newest revision; before the first one an unsaved number 0: everything on virtual machines."""
    found = revisions_of(pair).order_by("-number").first()
    return found or MigrationRevision(  # type: ignore[misc]  # no row, so it was made at no time
        project_id=pair.project_id,
        environment_id=pair.environment_id,
        number=0,
        state=State.VM.value,
        container_weight=0,
        author=None,
        created_at=None,
    )


def machines_of(pair: ProjectEnvironment) -> Machines:
    """What is bound to the project as a server, for this environment or for all."""
    here = Q(environment_id=pair.environment_id) | Q(environment=None)
    rows = Resource.objects.filter(here, project_id=pair.project_id, kind=Resource.Kind.SERVER).order_by("id")
    found = [(row, server_address(row.address.strip())) for row in rows]
    addresses = dict.fromkeys(address for _, address in found if address is not None)
    return Machines(tuple(addresses), tuple(row for row, address in found if address is None))


def change_migration(
    pair: ProjectEnvironment,
    *,
    state: str,
    container_weight: int,
    container_servers: Iterable[str],
    reason: str,
    based_on: int,
    actor: Actor,
) -> tuple[MigrationRevision, bool]:
    """The revision with these values and whether it is new: giving what is current again changes nothing.

    based_on: the revision that was looked at, 0 for none; Conflict `migration.changed_meanwhile` when a newer one is
    there. Invalid when weight and state do not fit, or a side with a share has no server.
    """
    low, high = WEIGHTS[State(state)]
    if not low <= container_weight <= high:
        allowed = str(low) if low == high else f"{low}–{high}"
        raise refused("container_weight", "migration.bad_weight", state=state, weight=container_weight, allowed=allowed)
    wanted = {"state": state, "container_weight": container_weight, "container_servers": _canonical(container_servers)}
    with transaction.atomic():
        current = _lock(pair)
        if current.number and not differences(_told(current), wanted):
            return current, False
        if based_on != current.number:
            raise _changed_meanwhile(pair, current, based_on)
        return _follow(pair, current, wanted, reason, actor), True


def back_to_vm(pair: ProjectEnvironment, *, reason: str, actor: Actor) -> tuple[MigrationRevision, bool]:
    """Everything to the virtual machines at once, whatever is current; the container addresses are kept for the next
    try. Already there: nothing changes. Conflict-free on purpose: who falls back does not look who changed what."""
    with transaction.atomic():
        current = _lock(pair)
        if current.state == State.VM:
            return current, False
        wanted = {**_told(current), "state": State.VM.value, "container_weight": 0}
        return _follow(pair, current, wanted, reason, actor), True


def upstream_of(pair: ProjectEnvironment) -> str:
    """The nginx upstream block of the current revision; Conflict when a side with a share has lost its servers."""
    current, machines = current_revision(pair), machines_of(pair)
    problem = _missing_side(pair, _told(current), machines)
    if problem is not None:
        code, params = problem
        raise Conflict(code, **params)
    project, environment = pair.project.slug, pair.environment.slug
    weight = current.container_weight
    vm_servers = machines.addresses if weight < 100 else ()
    containers = current.container_servers if weight > 0 else ()
    left_out = len(machines.unusable) if weight < 100 else 0
    block = nginx_upstream(upstream_name(project, environment), vm_servers, containers, weight)
    return heading(project, environment, current.number, left_out) + block


def _lock(pair: ProjectEnvironment) -> MigrationRevision:
    """The current revision, with the pair's row held: of two changes at once the second sees the first."""
    ProjectEnvironment.objects.select_for_update(no_key=True).get(pk=pair.pk)
    return current_revision(pair)


def _follow(
    pair: ProjectEnvironment, current: MigrationRevision, wanted: dict[str, Any], reason: str, actor: Actor
) -> MigrationRevision:
    problem = _missing_side(pair, wanted, machines_of(pair))
    if problem is not None:
        code, params = problem
        raise refused("container_servers" if code == "migration.no_container_servers" else "state", code, **params)
    made = MigrationRevision.objects.create(
        project_id=pair.project_id,
        environment_id=pair.environment_id,
        number=current.number + 1,
        reason=reason,
        author_id=actor.user_id,
        **wanted,
    )
    record(
        "migration.changed",
        target=("projects.migrationrevision", made.pk, f"{_where(pair)} revision {made.number}"),
        params={"number": made.number, "reason": reason, **differences(_told(current), wanted)},
        project_id=pair.project_id,
        environment_id=pair.environment_id,
        actor=actor,
    )
    return revisions_of(pair).get(pk=made.pk)


def _canonical(addresses: Iterable[str]) -> list[str]:
    found: dict[str, None] = {}
    for given in addresses:
        address = server_address(given.strip())
        if address is None:
            raise refused("container_servers", "migration.bad_address", address=given[:100])
        found[address] = None
    return list(found)


def _missing_side(
    pair: ProjectEnvironment, wanted: dict[str, Any], machines: Machines
) -> tuple[str, dict[str, Any]] | None:
    """Why the weights cannot be served: code and params; None when they can."""
    weight, containers = wanted["container_weight"], wanted["container_servers"]
    where = {"where": _where(pair)}
    if weight < 100 and not machines.addresses:
        if machines.unusable:
            row = machines.unusable[0]
            return "migration.unusable_server", {**where, "name": row.name, "address": row.address[:100]}
        return "migration.no_vm_servers", where
    if weight > 0 and not containers:
        return "migration.no_container_servers", where
    twice = next((address for address in containers if address in machines.addresses), None)
    if twice is not None and 0 < weight < 100:
        return "migration.both_sides", {**where, "address": twice}
    return None


def _changed_meanwhile(pair: ProjectEnvironment, current: MigrationRevision, based_on: int) -> Conflict:
    return Conflict(
        "migration.changed_meanwhile",
        where=_where(pair),
        number=current.number,
        based_on=based_on,
        by=str(current.author) if current.author else "opsportal",
        weight=current.container_weight,
    )


def _told(revision: MigrationRevision) -> dict[str, Any]:
    return {name: getattr(revision, name) for name in FIELDS}


def _where(pair: ProjectEnvironment) -> str:
    return f"{pair.project.slug}/{pair.environment.slug}"
