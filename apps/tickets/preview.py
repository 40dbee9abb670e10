"""Before filing: what a ticket would do and what stands in its way. Stores nothing.

Must not: hide what filing would refuse. A refusal by a rule is a finding `deny`, a system that did not answer is
`unknown`, never a tick; a form that is wrong or a right that is missing is refused as filing would refuse it.
"""

from __future__ import annotations

from typing import Any

from apps.common.db import db_now
from apps.common.errors import Conflict, IntegrationError
from apps.projects.models import ProjectEnvironment
from apps.tickets import api
from apps.tickets.models import Ticket, TicketStatus
from apps.tickets.registry import Filing, Kind, Prepared
from apps.tickets.services.filing import prepare

RELEASE_KINDS_THAT_SUPERSEDE = ("promote", "roll_back")
WAITING = (TicketStatus.PENDING_CONFIRMATION, TicketStatus.PENDING_APPROVAL, TicketStatus.SCHEDULED)
Finding = dict[str, Any]


def preview(kind: Kind, filing: Filing) -> dict[str, Any]:
    """The preview; raises what filing would raise for a missing right (403, 404) or a wrong form (400)."""
    prepared, findings = _try(kind, filing)
    parts = api.extension_of(kind.name).preview(kind.name, filing, prepared)
    findings += [one for one in parts.findings if _key(one) not in {_key(known) for known in findings}]
    environment_id = filing.environment.pk if filing.environment else None
    people = api.deciders(kind.name, filing.project.pk, environment_id, {filing.actor.person_id} | parts.excluded)
    findings += [*_locked(filing), *_too_few(prepared, len(people)), *_retires(kind, filing)]
    return {
        "can_file": prepared is not None and all(one["level"] != "deny" for one in findings),
        "title": prepared.title if prepared else None,
        "first_status": prepared.status if prepared else None,
        "approvals_needed": prepared.approvals_needed if prepared else None,
        "requires_review": bool(prepared and prepared.requires_review),
        "gates": parts.gates,
        "changes": parts.changes,
        "configuration": parts.configuration,
        "commits": parts.commits,
        "commits_reason": parts.commits_reason,
        "who_may_decide": people,
        "place_in_queue": api.place_of_new(filing, slot_first=kind.slot_first) if kind.takes_slot else None,
        "findings": findings,
    }


def finding(level: str, reason: dict[str, Any]) -> Finding:
    """A finding of a reason."""
    return {"level": level, "code": reason["code"], "params": reason.get("params") or {}}


def _key(one: Finding) -> tuple[str, str]:
    return one["level"], one["code"]


def _try(kind: Kind, filing: Filing) -> tuple[Prepared | None, list[Finding]]:
    try:
        return prepare(kind, filing), []
    except Conflict as error:
        return None, [finding("deny", error.as_reason())]
    except IntegrationError as error:
        return None, [finding("unknown" if error.retryable else "deny", error.as_reason())]


def _locked(filing: Filing) -> list[Finding]:
    """Somebody tests there (E8); the lock of the person himself is none."""
    if filing.environment is None:
        return []
    pair = (
        ProjectEnvironment.objects.select_related("locked_by")
        .filter(project=filing.project, environment=filing.environment, locked_by__isnull=False)
        .exclude(locked_by=filing.actor.person_id)
        .first()
    )
    if pair is None or pair.locked_by is None or (pair.locked_until and pair.locked_until <= db_now()):
        return []
    params = {"name": str(pair.locked_by), "reason": pair.lock_reason, "environment": filing.environment.slug}
    return [{"level": "warn", "code": "preview.locked", "params": params}]


def _too_few(prepared: Prepared | None, people: int) -> list[Finding]:
    if prepared is None or prepared.approvals_needed <= people:
        return []
    params = {"needed": prepared.approvals_needed, "have": people}
    return [{"level": "warn", "code": "preview.too_few_deciders", "params": params}]


def _retires(kind: Kind, filing: Filing) -> list[Finding]:
    """Older waiting tickets of the same kind and place that this one would retire (D18)."""
    if kind.name not in RELEASE_KINDS_THAT_SUPERSEDE or filing.environment is None:
        return []
    older = Ticket.objects.filter(
        kind=kind.name, project=filing.project, environment=filing.environment, status__in=WAITING
    )
    ids = list(older.order_by("pk").values_list("pk", flat=True)[: api.MOST_PEOPLE])
    return [{"level": "warn", "code": "preview.retires", "params": {"tickets": ids}}] if ids else []
