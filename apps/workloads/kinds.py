"""The ticket kind `configure`: a revision of a workload's configuration goes to every cluster of an environment (W1).

Must not: write a status or drive a step; what calls outside stands in `prepare`, `fingerprint_content`, `recheck`.
"""

from __future__ import annotations

from typing import Any

from django.db.models.functions import Now

from apps.common.errors import Conflict, Invalid
from apps.projects.models import ProjectEnvironment
from apps.tickets import registry
from apps.tickets.models import Ticket, TicketStatus
from apps.tickets.outcomes import SentBack
from apps.tickets.registry import Filing, Kind, Prepared, StepSpec
from apps.workloads.configuring import applying, revisions  # registers the steps
from apps.workloads.configuring.filing import (
    assert_acceptable,
    assert_newest,
    assert_standards,
    content_of,
)
from apps.workloads.configuring.held import assert_held
from apps.workloads.configuring.planning import WORKLOAD_NAME, completed, plan_for
from apps.workloads.configuring.preview import look_or_raise
from apps.workloads.configuring.rows import ensure_workloads
from apps.workloads.models import Configuration, ConfigurationRevision

EXPLANATION = {"type": "string", "minLength": 10, "maxLength": 2000}


@registry.register
class ConfigureKind(Kind):
    """Propose a document; production needs approvals, and every standard that warns an explanation (W15)."""

    name = "configure"
    request_action = "configuration.propose"
    takes_slot = True
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "pattern": rf"^{WORKLOAD_NAME}\Z", "maxLength": 63},
            "document": {"type": "object"},
            "note": {"type": "string", "maxLength": 500},
            "based_on": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
            "explanations": {"type": "object", "maxProperties": 100, "additionalProperties": EXPLANATION},
            "take_over": {"type": "boolean"},
        },
        "required": ["name", "document", "based_on"],
        "additionalProperties": False,
    }

    def prepare(self, filing: Filing) -> Prepared:
        form, pair = filing.form, _pair_of(filing)
        name, take_over = form["name"], form.get("take_over", False)
        document = completed(pair, name, form["document"])
        assert_newest(pair, name, form["based_on"])
        plan = plan_for(pair, name)
        assert_held(pair, name, document, plan.held)
        rows = look_or_raise(plan, document, revisions.next_number(pair, name), take_over=take_over)
        image = next((row["image"] for row in rows if row["image"]), "")
        explanations = form.get("explanations", {})
        assert_standards(plan, document, image, explanations)
        assert_acceptable(plan, rows)
        needed = pair.approvals_needed if pair.environment.is_gated else 0
        return Prepared(
            title=f"{filing.project.slug} {pair.environment.slug}: {name}",
            status=TicketStatus.PENDING_APPROVAL if needed else TicketStatus.QUEUED,
            facts={"configuration": name, "explanations": explanations},
            approvals_needed=needed,
            fingerprint_content=content_of(plan, document, rows, take_over=take_over),
            row=(pair, document, plan.secret_versions(document)),
        )

    def create(self, ticket: Ticket, prepared: Prepared) -> None:
        pair, document, secret_versions = prepared.row
        form = ticket.form
        head, _ = Configuration.objects.get_or_create(project_environment=pair, name=form["name"])
        Configuration.objects.select_for_update(no_key=True).get(pk=head.pk)  # one number after the other
        assert_newest(pair, head.name, form["based_on"])
        ConfigurationRevision.objects.create(
            configuration=head,
            number=revisions.next_number(pair, head.name),
            document=document,
            secret_versions=secret_versions,
            note=form.get("note", ""),
            author_id=ticket.requester_id,
            ticket=ticket,
        )

    def plan(self, ticket: Ticket) -> list[StepSpec]:
        head = ticket.configuration_revision.configuration
        targets = plan_for(head.project_environment, head.name).targets
        waves = sorted({one.wave for one in targets})
        steps = [StepSpec("take_slot", 0), StepSpec("start", 1)]
        for one in targets:
            wave, system = waves.index(one.wave) + 1, f"cluster:{one.cluster.pk}"
            target, params = (
                f"{one.cluster.name}/{head.name}",
                {"cluster": one.cluster.name, "cluster_id": one.cluster.pk},
            )
            steps += [
                StepSpec(applying.APPLY, 0, target, wave, system, params),
                StepSpec(applying.AWAIT, 1, target, wave, system, params, retry_from=applying.APPLY),
            ]
        return steps

    def summary(self, ticket: Ticket) -> dict[str, Any]:
        revision = ticket.configuration_revision
        return {"configuration": revision.configuration.name, "revision": revision.number}

    def fingerprint_content(self, ticket: Ticket) -> dict[str, Any]:
        revision = ticket.configuration_revision
        head, take_over = revision.configuration, ticket.form.get("take_over", False)
        plan = plan_for(head.project_environment, head.name)
        rows = look_or_raise(plan, revision.document, revision.number, take_over=take_over)
        return content_of(plan, revision.document, rows, take_over=take_over)

    def recheck(self, ticket: Ticket) -> SentBack | None:
        """What was applied, or placed, since the filing needs another ticket."""
        head = ticket.configuration_revision.configuration
        assert_newest(head.project_environment, head.name, ticket.form["based_on"])
        plan = plan_for(head.project_environment, head.name)
        planned = set(ticket.steps.filter(name=applying.APPLY).values_list("params__cluster_id", flat=True))
        if planned != {one.cluster.pk for one in plan.targets}:
            raise Conflict("configuration.targets_changed", environment=str(ticket.environment))
        revisions.bind_values(ticket.configuration_revision, plan)
        return None

    def on_end(self, ticket: Ticket) -> None:
        if ticket.status == TicketStatus.SUCCEEDED:
            ConfigurationRevision.objects.filter(ticket=ticket).update(applied_at=Now())
            ensure_workloads(ticket, ticket.configuration_revision, applying.APPLY)


def _pair_of(filing: Filing) -> ProjectEnvironment:
    """The pair the ticket is for; Invalid when the project does not use that environment."""
    rows = ProjectEnvironment.objects.select_related("project", "environment")
    found = rows.filter(project=filing.project, environment=filing.environment).first() if filing.environment else None
    if found is None:
        problem = {"code": "required", "params": {}}
        raise Invalid("configuration.environment_unused", fields={"environment": [problem]})
    return found
