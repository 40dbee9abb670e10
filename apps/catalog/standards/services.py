"""The table of standards: reading it whole, loading what the portal brings, changing a row.

Must not: let a standard be without a row's or the portal's own values (nothing would be checked), or overwrite what a
person changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from apps.audit.services import record
from apps.catalog.models import Standard
from apps.catalog.standards.checks import checked_changes
from apps.catalog.standards.defaults import BY_ID, DEFAULTS, DefaultStandard
from apps.common.db import db_now
from apps.common.errors import Missing
from apps.policy.actor import Actor
from apps.projects.services.refusals import differences

FIELDS = ("sentence_en", "sentence_zh", "reason_en", "reason_zh", "levels", "languages", "thresholds")


def current_standards() -> list[Standard]:
    """Every standard there is, in the order of the documentation; one without a row as the portal brings it."""
    rows = Standard.objects.select_related("updated_by").in_bulk([default.id for default in DEFAULTS])
    return [rows.get(default.id) or as_brought(default) for default in DEFAULTS]


def current_standard(standard_id: str) -> Standard:
    """One of them; Missing when there is no such standard."""
    if standard_id not in BY_ID:
        raise Missing
    row = Standard.objects.select_related("updated_by").filter(pk=standard_id).first()
    return row or as_brought(BY_ID[standard_id])


def as_brought(default: DefaultStandard) -> Standard:
    """A standard as the portal brings it, not saved."""
    return Standard(id=default.id, **brought(default))


def brought(default: DefaultStandard) -> dict[str, Any]:
    """Its values by field."""
    return {
        **default.words._asdict(),
        "levels": dict(default.levels),
        "languages": list(default.languages),
        "thresholds": dict(default.thresholds),
    }


def load_standards(*, is_update: bool, actor: Actor) -> dict[str, str]:
    """Add the rows that are missing: id → added, stays (differs and is kept) or updated. What a person changed always
    stays; what nobody touched follows the portal's own values with `is_update`."""
    told: dict[str, str] = {}
    for default in DEFAULTS:
        values = brought(default)
        with transaction.atomic():
            row, is_new = _locked(default, actor)
            if is_new:
                told[row.pk] = "added"
                continue
            changed = differences(snapshot(row), values)
            if not changed:
                continue
            told[row.pk] = "stays"
            if is_update and row.updated_at is None:
                Standard.objects.filter(pk=row.pk).update(**values)
                record("standard.updated", target=row, params=changed, actor=actor)
                told[row.pk] = "updated"
    return told


def update_standard(standard_id: str, changes: Mapping[str, Any], *, actor: Actor) -> Standard:
    """Change a row; what is judged from now on is judged by it. Invalid with the fields that cannot be."""
    if standard_id not in BY_ID:
        raise Missing
    values = checked_changes(standard_id, changes)
    with transaction.atomic():
        row, _ = _locked(BY_ID[standard_id], actor)
        told = differences(snapshot(row), {**snapshot(row), **values})
        if told:
            for name, value in values.items():
                setattr(row, name, value)
            row.updated_at, row.updated_by_id = db_now(), actor.user_id
            row.save()
            record("standard.updated", target=row, params=told, actor=actor)
    return current_standard(standard_id)


def proposed(standard_id: str, changes: Mapping[str, Any]) -> Standard:
    """The standard as a change would make it, not saved; Invalid as `update_standard`."""
    row = current_standard(standard_id)
    for name, value in checked_changes(standard_id, changes).items():
        setattr(row, name, value)
    return row


def snapshot(row: Standard) -> dict[str, Any]:
    """What of a row can be changed."""
    return {name: getattr(row, name) for name in FIELDS}


def _locked(default: DefaultStandard, actor: Actor) -> tuple[Standard, bool]:
    """The row, locked, and whether it was added just now."""
    values = brought(default)
    row, is_new = Standard.objects.get_or_create(id=default.id, defaults=values)
    if is_new:
        record("standard.added", target=row, params={"after": values}, actor=actor)
    return Standard.objects.select_for_update().get(pk=row.pk), is_new
