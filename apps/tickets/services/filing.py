"""Filing a ticket: one transaction for the ticket, its steps and the audit row; the doorbell on commit.

Must not: call outside inside the transaction (the kind's `prepare` has done that before), or know any kind.
"""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from jsonschema import Draft202012Validator, ValidationError

from apps.audit.services import record
from apps.common.canonical import sha256_hex
from apps.common.errors import Conflict, Invalid
from apps.policy.actor import Actor
from apps.projects.services.projects import assert_active
from apps.tickets import hints, registry
from apps.tickets.advance import advance
from apps.tickets.fingerprints import fingerprint_of
from apps.tickets.models import Step, Ticket, TicketStatus
from apps.tickets.registry import Filing, Kind, Prepared
from apps.tickets.services.closing import assert_not_closing, hold_project
from apps.tickets.transitions import EXPIRES_AFTER

MOST_STEPS = 2000


def kind_named(name: str) -> Kind:
    """The kind of that name; Invalid with the kinds there are."""
    kind = registry.KINDS.get(name)
    if kind is None:
        raise Invalid("ticket.unknown_kind", kind=name[:60], kinds=sorted(registry.KINDS))
    return kind


def check_form(kind: Kind, form: dict[str, Any]) -> None:
    """Refuse a form its kind's JSON Schema does not accept, field by field."""
    fields: dict[str, list[dict[str, Any]]] = {}
    for error in Draft202012Validator(kind.schema).iter_errors(form):
        if error.validator == "additionalProperties":
            for name in sorted(set(form) - set(kind.schema.get("properties", {}))):
                fields.setdefault(name, []).append({"code": "unknown_field", "params": {}})
        elif error.validator == "required":
            for name in sorted(set(error.validator_value) - set(form)):
                fields.setdefault(name, [{"code": "required", "params": {}}])
        else:
            where = ".".join(str(p) for p in error.absolute_path) or "form"
            fields.setdefault(where, []).append(_field_problem(error))
    if fields:
        raise Invalid(fields=fields)


def _field_problem(error: ValidationError) -> dict[str, Any]:
    """A schema's complaint about one field in the words that every other field of the API uses."""
    code = {"minLength": "min_length", "maxLength": "max_length"}.get(str(error.validator))
    if code is not None:
        return {"code": code, "params": {"limit_value": error.validator_value}}
    return {"code": "field.refused", "params": {"rule": str(error.validator)}}


def prepare(kind: Kind, filing: Filing) -> Prepared:
    """Rights, form, then the kind's own look-ups (outside calls)."""
    kind.require_right(filing)
    if kind.needs_active:
        assert_active(filing.project)
    assert_not_closing(filing.project)
    check_form(kind, filing.form)
    return kind.prepare(filing)


def file_ticket(kind_name: str, filing: Filing, *, idempotency_key: str | None = None) -> tuple[Ticket, bool]:
    """File a ticket; answers (ticket, created). The same Idempotency-Key with the same body gives the first ticket.

    Raises Conflict `ticket.idempotency_mismatch` when the key was used with another body.
    """
    kind = kind_named(kind_name)
    request_hash = _request_hash(kind_name, filing)
    earlier = earlier_ticket(filing.actor, idempotency_key, request_hash)
    if earlier is not None:
        return earlier, False
    prepared = prepare(kind, filing)
    try:
        with transaction.atomic():
            ticket = write_ticket(kind, filing, prepared, idempotency_key, request_hash)
    except IntegrityError:
        earlier = earlier_ticket(filing.actor, idempotency_key, request_hash)
        if earlier is None:
            raise
        return earlier, False
    return ticket, True


def _request_hash(kind_name: str, filing: Filing) -> str:
    content = {
        "kind": kind_name,
        "project": filing.project.pk,
        "environment": filing.environment.pk if filing.environment else None,
        "form": filing.form,
        "note": filing.note,
    }
    return sha256_hex(content)


def earlier_ticket(actor: Actor, key: str | None, request_hash: str) -> Ticket | None:
    """The ticket that the person filed under this Idempotency-Key; Conflict when it was another request's."""
    if not key:
        return None
    earlier = Ticket.objects.filter(requester_id=actor.user_id, idempotency_key=key).first()
    if earlier is not None and earlier.request_hash != request_hash:
        raise Conflict("ticket.idempotency_mismatch", ticket=earlier.pk)
    return earlier


def write_ticket(
    kind: Kind, filing: Filing, prepared: Prepared, idempotency_key: str | None, request_hash: str
) -> Ticket:
    """The ticket with its steps and its audit row, of what was prepared and checked; in the caller's transaction."""
    assert filing.actor.user_id is not None
    hold_project(filing.project, kind)
    pending = prepared.status in (TicketStatus.PENDING_CONFIRMATION, TicketStatus.PENDING_APPROVAL)
    ticket = Ticket.objects.create(
        kind=kind.name,
        status=prepared.status,
        project=filing.project,
        environment=filing.environment,
        requester_id=filing.actor.user_id,
        requester_token_id=filing.actor.token_id,
        title=prepared.title[:300],
        note=filing.note,
        form=filing.form,
        facts=prepared.facts,
        approvals_needed=prepared.approvals_needed,
        takes_slot=kind.takes_slot,
        slot_first=kind.slot_first,
        requires_review=prepared.requires_review,
        fingerprint=fingerprint_of(prepared.fingerprint_content),
        fingerprint_content=prepared.fingerprint_content,
        queued_at=Now() if prepared.status == TicketStatus.QUEUED else None,
        expires_at=Now() + EXPIRES_AFTER if pending else None,
        idempotency_key=idempotency_key,
        request_hash=request_hash,
    )
    ticket.refresh_from_db()
    kind.create(ticket, prepared)
    specs = kind.plan(ticket)
    if len(specs) > MOST_STEPS:
        raise Invalid("ticket.too_many_steps", steps=len(specs), most=MOST_STEPS)
    Step.objects.bulk_create(
        Step(
            ticket=ticket,
            name=s.name,
            target=s.target,
            wave=s.wave,
            order=s.order,
            system=s.system,
            params=s.stored_params(),
        )
        for s in specs
    )
    record(
        "ticket.filed",
        target=ticket,
        params={"kind": kind.name, "status": ticket.status, "fingerprint": ticket.fingerprint},
        project_id=ticket.project_id,
        environment_id=ticket.environment_id,
        actor=filing.actor,
    )
    if ticket.status == TicketStatus.QUEUED:
        advance(ticket)
    hints.announce_ticket(ticket)
    return ticket
