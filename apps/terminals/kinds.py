"""The ticket kinds of this room: an emergency shell, and the recycling of a pod that was touched by hand.

Must not: open a shell or delete a pod by themselves; a socket and the steps do.
"""

from __future__ import annotations

from typing import Any

from apps.common.errors import Conflict, Invalid
from apps.policy.services import require
from apps.projects.models import ProjectEnvironment, ShellPolicy, Tier
from apps.terminals import chores, reminders  # noqa: F401 - registers the chores and what the inbox shows
from apps.terminals.models import TerminalSession
from apps.terminals.recording import chores as recording_chores  # noqa: F401 - registers its chores
from apps.terminals.steps import recycling, shelling  # registers the steps
from apps.tickets import registry
from apps.tickets.models import Ticket, TicketStatus
from apps.tickets.outcomes import Failed, Outcome
from apps.tickets.registry import Filing, Kind, Prepared, StepSpec
from apps.workloads.models import Workload
from apps.workloads.pods import own

REASON = {"type": "string", "minLength": 10, "maxLength": 500}
WORKLOAD = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
POD_NAME = r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\Z"


def workload_for(filing: Filing) -> Workload:
    """The workload of the form, in the filing's project and environment; Invalid for any other."""
    rows = Workload.objects.select_related(
        "project_environment__project", "project_environment__environment", "placement__cluster"
    )
    found = rows.filter(
        pk=filing.form["workload"],
        project_environment__project=filing.project,
        project_environment__environment=filing.environment,
    ).first()
    if found is None:
        raise Invalid(fields={"workload": [{"code": "does_not_exist", "params": {"value": filing.form["workload"]}}]})
    return found


def _title(what: str, pair: ProjectEnvironment) -> str:
    return f"{pair.project.slug} {pair.environment.slug}: {what}"


@registry.register
class EmergencyShellKind(Kind):
    """Leave to open a shell in a workload's containers: with an approval, or by breaking the glass (C4).

    It takes no slot (D7): an emergency does not wait for a rollout.
    """

    name = "emergency_shell"
    request_action = "emergency_shell.request"
    schema = {
        "type": "object",
        "properties": {
            "workload": WORKLOAD,
            "minutes": {"type": "integer", "minimum": 5, "maximum": 60},
            "break_glass": {"type": "boolean"},
            "reason": REASON,
        },
        "required": ["workload", "minutes", "break_glass", "reason"],
        "additionalProperties": False,
    }

    def require_right(self, filing: Filing) -> None:
        """Breaking the glass is a right of its own."""
        super().require_right(filing)
        if filing.form.get("break_glass"):
            environment = filing.environment.pk if filing.environment else None
            require(filing.actor, "terminal.break_glass", project_id=filing.project.pk, environment_id=environment)

    def prepare(self, filing: Filing) -> Prepared:
        workload = workload_for(filing)
        pair, glass = workload.project_environment, filing.form["break_glass"]
        if glass and pair.environment.shell_rule != ShellPolicy.TICKET_OR_BREAK_GLASS:
            raise Conflict("terminal.no_break_glass", environment=pair.environment.slug)
        return Prepared(
            title=_title(workload.name, pair),
            status=TicketStatus.QUEUED if glass else TicketStatus.PENDING_APPROVAL,
            facts={"workload": workload.pk, "name": workload.name},
            approvals_needed=0 if glass else 1,
            requires_review=glass,
            fingerprint_content=_shell_content(filing.form, workload),
        )

    def create(self, ticket: Ticket, prepared: Prepared) -> None:
        if ticket.form["break_glass"]:
            ticket.is_emergency = True
            ticket.save(update_fields=["is_emergency"])

    def plan(self, ticket: Ticket) -> list[StepSpec]:
        glass = [StepSpec(shelling.TELL_OPS, 1)] if ticket.form["break_glass"] else []
        return [StepSpec("start", 0), *glass, StepSpec(shelling.HOLD_OPEN, 2)]

    def summary(self, ticket: Ticket) -> dict[str, Any]:
        return {"workload": ticket.facts["name"], **{k: ticket.form[k] for k in ("minutes", "break_glass", "reason")}}

    def fingerprint_content(self, ticket: Ticket) -> dict[str, Any]:
        """What an approver agrees to; nothing of it moves once it is filed."""
        workload = Workload.objects.filter(pk=ticket.facts["workload"]).first()
        if workload is None:
            raise Conflict("emergency_shell.no_workload", workload=ticket.facts["name"])
        return _shell_content(ticket.form, workload)

    def recheck_frozen(self, ticket: Ticket) -> Outcome | None:
        """One approval is one shell: what was used is not retried."""
        return Failed("emergency_shell.used_up")


def _shell_content(form: dict[str, Any], workload: Workload) -> dict[str, Any]:
    asked = {name: form[name] for name in ("minutes", "break_glass", "reason")}
    return {"kind": EmergencyShellKind.name, "workload": str(workload), "workload_id": workload.pk, **asked}


@registry.register
class RecyclePodKind(Kind):
    """Replace one pod, named by its uid, and wait until its successor is ready."""

    name = "recycle_pod"
    request_action = "pod.recycle"
    schema = {
        "type": "object",
        "properties": {
            "workload": WORKLOAD,
            "pod": {"type": "string", "pattern": POD_NAME, "maxLength": 253},
            "uid": {"type": "string", "pattern": r"^[0-9A-Za-z-]{1,64}\Z"},
            "session": WORKLOAD,
            "reason": REASON,
        },
        "required": ["workload", "pod", "uid", "reason"],
        "additionalProperties": False,
    }

    def prepare(self, filing: Filing) -> Prepared:
        workload = workload_for(filing)
        pair, form = workload.project_environment, filing.form
        own.assert_own_pod(workload, form["pod"], uid=form["uid"])
        needed = 1 if pair.environment.tier == Tier.PRODUCTION else 0
        return Prepared(
            title=_title(form["pod"], pair),
            status=TicketStatus.PENDING_APPROVAL if needed else TicketStatus.QUEUED,
            facts={"workload": workload.pk, "name": workload.name, "cluster": workload.placement.cluster.name},
            approvals_needed=needed,
            fingerprint_content=_recycle_content(form, workload),
            row=workload,
        )

    def create(self, ticket: Ticket, prepared: Prepared) -> None:
        """Every session that touched this pod waits for this ticket from now on."""
        touched = TerminalSession.objects.filter(project=ticket.project_id, pod_uid=ticket.form["uid"])
        touched.filter(touched_at__isnull=False).update(recycle_ticket=ticket)

    def plan(self, ticket: Ticket) -> list[StepSpec]:
        workload = Workload.objects.select_related("placement__cluster").get(pk=ticket.facts["workload"])
        cluster = workload.placement.cluster
        params = {"workload": workload.pk, "pod": ticket.form["pod"], "uid": ticket.form["uid"]}
        where: dict[str, Any] = {"target": f"{cluster.name}/{workload.name}", "wave": 1, "params": params}
        system = f"cluster:{cluster.pk}"
        return [
            StepSpec("start", 0),
            StepSpec(recycling.DELETE, 0, system=system, **where),
            StepSpec(recycling.AWAIT, 1, system=system, **where),
        ]

    def summary(self, ticket: Ticket) -> dict[str, Any]:
        return {**ticket.facts, "pod": ticket.form["pod"], "reason": ticket.form["reason"]}

    def fingerprint_content(self, ticket: Ticket) -> dict[str, Any]:
        """The one pod that is deleted: another of its name is another change."""
        return _recycle_content(ticket.form, Workload.objects.get(pk=ticket.facts["workload"]))


def _recycle_content(form: dict[str, Any], workload: Workload) -> dict[str, Any]:
    return {"kind": RecyclePodKind.name, "workload_id": workload.pk, "pod": form["pod"], "uid": form["uid"]}
