"""What an administrator does with an intake: correct a row, tick, take in, stop. One transaction each, with its audit row.

Must not: call outside, or touch a row that is taken in or that a worker is about to write.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from apps.access.intake.checking import OPEN, Portal
from apps.access.intake.starting import judge, place_workloads
from apps.access.models import Intake, IntakeRow
from apps.audit.services import record
from apps.common.errors import Conflict, Missing
from apps.policy.actor import Actor
from apps.projects.services.refusals import differences

Json = dict[str, Any]
State = Intake.State
EDITABLE = (State.READY, State.STOPPED, State.DONE)
FIELDS = (
    "slug",
    "name",
    "language",
    "gitlab",
    "gitlab_path",
    "jenkins",
    "job",
    "registry",
    "image_repository",
    "environments",
    "owners",
    "workloads",
    "migration",
)


def locked(intake_id: int) -> Intake:
    """The intake, held until the transaction ends; workers that write a row wait for it."""
    found = Intake.objects.select_for_update(of=("self",)).filter(pk=intake_id).first()
    if found is None:
        raise Missing
    return found


def correct_row(intake_id: int, row_id: int, changes: Json, *, actor: Actor) -> IntakeRow:
    """Change values and the tick of a row; what is wrong with it is found anew, and of rows of the same name."""
    with transaction.atomic():
        intake = _editable(intake_id)
        row = IntakeRow.objects.select_for_update(of=("self",)).filter(intake=intake, pk=row_id).first()
        if row is None:
            raise Missing
        if row.state == IntakeRow.State.TAKEN:
            raise Conflict("intake.row_taken_already", name=row.slug)
        before = _told(row)
        former = row.slug
        for name in FIELDS:
            if name in changes:
                setattr(row, name, changes[name])
        _renamed(row, former)
        row.is_ticked = changes.get("is_ticked", row.is_ticked)
        told = differences(before, _told(row))
        if set(told.get("after", {})) - {"is_ticked"}:
            row.error = None
        row.save()
        _judge_again(intake, {former, row.slug})
        row.refresh_from_db()
        if changes.get("is_ticked") and not row.is_ticked:
            raise Conflict("intake.row_has_problems", name=row.slug, number=row.number)
        if told:
            record("intake.row_corrected", target=intake, params={"row": row.number, **told}, actor=actor)
    return row


def _renamed(row: IntakeRow, former: str) -> None:
    """A Deployment whose namespace followed from the name is looked up where the new name says."""
    portal = Portal([row])
    for one in row.workloads:
        place = portal.placement(one.get("environment", ""), one.get("cluster", ""))
        one.setdefault("container", "")
        if place is None or not one.get("namespace"):
            continue
        text = place.namespace_pattern.replace("{environment}", place.environment.slug)
        if row.intake.source == Intake.Source.CSV and one["namespace"] == text.replace("{project}", former):
            one["namespace"] = ""
    place_workloads(row, portal)


def correct_many(intake_id: int, chosen: Q, values: Json, *, actor: Actor) -> int:
    """Give all chosen rows that may still be changed the same values; how many there were."""
    with transaction.atomic():
        intake = _editable(intake_id)
        rows = list(_open_rows(intake, chosen).order_by("number"))
        for row in rows:
            for name, value in values.items():
                setattr(row, name, value)
            row.error = None
        _judge_all(rows)
        if rows:
            params = {"rows": len(rows), "values": values}
            record("intake.rows_corrected", target=intake, params=params, actor=actor)
    return len(rows)


def tick_rows(intake_id: int, chosen: Q, *, is_ticked: bool, actor: Actor) -> Json:
    """Tick the chosen rows, or take their ticks away; {changed, passed_over}: rows with a problem keep none."""
    with transaction.atomic():
        intake = _editable(intake_id)
        rows = _open_rows(intake, chosen)
        fitting = rows.filter(problems={}) if is_ticked else rows
        passed_over = rows.exclude(problems={}).count() if is_ticked else 0
        ids = list(fitting.exclude(is_ticked=is_ticked).values_list("pk", flat=True))
        IntakeRow.objects.filter(pk__in=ids).update(is_ticked=is_ticked)
        if ids:
            params = {"rows": len(ids), "is_ticked": is_ticked}
            record("intake.rows_ticked", target=intake, params=params, actor=actor)
    return {"changed": len(ids), "passed_over": passed_over}


def take(intake_id: int, *, actor: Actor) -> Intake:
    """Have workers take in what is ticked; a row that failed is tried again. Conflict when nothing is ticked (any more):
    what the rows were found to be by now is kept all the same."""
    with transaction.atomic():
        intake = _editable(intake_id)
        _judge_all(list(_open_rows(intake, Q(is_ticked=True))))
        ticked = _open_rows(intake, Q(is_ticked=True)).update(
            state=IntakeRow.State.WAITING, error=None, attempts=0, due_at=Now(), lease_until=None
        )
        if ticked:
            intake.state, intake.taken_by_id = State.TAKING, actor.user_id
            intake.halted = intake.finished_at = None
            intake.save(update_fields=["state", "taken_by", "halted", "finished_at"])
            record("intake.taking_begun", target=intake, params={"rows": ticked}, actor=actor)
    if not ticked:
        raise Conflict("intake.nothing_ticked")
    return intake


def stop(intake_id: int, *, actor: Actor) -> Intake:
    """Read or take in nothing more; the row that is being written is the last one. Stopped already: nothing changes."""
    with transaction.atomic():
        intake = locked(intake_id)
        if intake.state == State.STOPPED:
            return intake
        if intake.state not in (State.READING, State.TAKING):
            raise Conflict("intake.not_running", state=intake.state)
        was = intake.state
        intake.state = State.STOPPED
        intake.save(update_fields=["state"])
        record("intake.stopped", target=intake, params={"was": was}, actor=actor)
    return intake


def _editable(intake_id: int) -> Intake:
    intake = locked(intake_id)
    if intake.state not in EDITABLE:
        raise Conflict("intake.busy", state=intake.state)
    return intake


def _open_rows(intake: Intake, chosen: Q) -> QuerySet[IntakeRow]:
    return IntakeRow.objects.filter(chosen, intake=intake, state__in=OPEN)


def _judge_again(intake: Intake, slugs: set[str]) -> None:
    rows = IntakeRow.objects.filter(intake=intake, slug__in=slugs).exclude(state=IntakeRow.State.TAKEN)
    _judge_all(list(rows))


def _judge_all(rows: list[IntakeRow]) -> None:
    """Find the problems of rows anew and store them. Rows of the same name among others of the intake count, too."""
    if not rows:
        return
    same = IntakeRow.objects.filter(intake=rows[0].intake_id, slug__in={row.slug for row in rows}, state__in=OPEN)
    own = {row.pk for row in rows}
    portal = Portal([*rows, *same.exclude(pk__in=own)])
    changed = [*FIELDS, "problems", "state", "project", "error", "is_ticked"]
    for row in rows:
        judge(row, portal)
    IntakeRow.objects.bulk_update(rows, changed, batch_size=200)


def _told(row: IntakeRow) -> Json:
    return {name: getattr(row, name) for name in (*FIELDS, "is_ticked")}
