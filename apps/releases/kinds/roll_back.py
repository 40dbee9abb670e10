"""The kind `roll_back`: back to an earlier version of that environment, image only or with its configuration (R8, D14).

Must not: build anything, or bring back what never ran there.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from apps.common.errors import Conflict
from apps.integrations.clients import get_registry
from apps.integrations.loop import run
from apps.policy.services import allowed, require
from apps.projects.models import ProjectEnvironment, Tier
from apps.releases.change import change_content, where
from apps.releases.history import history, last_known_good, ran_before
from apps.releases.kinds.existing import ExistingRelease
from apps.releases.kinds.filing import TAG, environment_of, find_release, project_environment
from apps.releases.models import Release
from apps.releases.targets import image_reference, planned_workloads, target_steps, workloads_of
from apps.tickets import registry
from apps.tickets.models import Ticket, TicketStatus
from apps.tickets.outcomes import SentBack
from apps.tickets.registry import Filing, Prepared, StepSpec
from apps.workloads.configuring import restoring
from apps.workloads.configuring.making import in_force_for
from apps.workloads.models import Workload

Json = dict[str, Any]
PROPOSE = "configuration.propose"


@registry.register
class RollBackKind(ExistingRelease):
    """The last known good image at once, reviewed afterwards; any other version, and any configuration, is approved."""

    name = "roll_back"
    request_action = "roll_back.request"
    slot_first = True
    schema = {
        "type": "object",
        "properties": {
            "release": TAG,
            "reason": {"type": "string", "minLength": 10, "maxLength": 2000},
            "with_configuration": {"type": "boolean"},
        },
        "required": ["reason"],
        "additionalProperties": False,
    }

    def require_right(self, filing: Filing) -> None:
        """With its configuration only for whoever may do both there."""
        super().require_right(filing)
        if filing.form.get("with_configuration"):
            require(filing.actor, PROPOSE, **_place(filing))

    def prepare(self, filing: Filing) -> Prepared:
        pair = project_environment(filing)
        good = last_known_good(filing.project, pair.environment)
        release = self._choose(filing, pair, good.release if good else None)
        is_good = good is not None and good.release.digest == release.digest
        if not is_good and not ran_before(filing.project, pair.environment, release):
            raise Conflict("rollback.never_ran", tag=str(release), environment=pair.environment.slug)
        self._assert_present(filing, release)
        workloads = workloads_of(filing.project, pair.environment)
        content = change_content(self.name, release, workloads)
        facts = {"reason": filing.form["reason"], "is_last_known_good": is_good}
        is_whole = bool(filing.form.get("with_configuration"))
        if is_whole:
            back = that_day(pair, release, workloads)
            content = _with_configuration(content, back, release, workloads)
            facts |= back.facts
        needed = _approvals_needed(pair, is_good=is_good, is_whole=is_whole)
        return Prepared(
            title=f"{filing.project.slug} {pair.environment.slug} ← {release}",
            status=TicketStatus.PENDING_APPROVAL if needed else TicketStatus.QUEUED,
            facts=facts,
            approvals_needed=needed,
            requires_review=pair.environment.tier == Tier.PRODUCTION and is_good and not is_whole,
            fingerprint_content=content,
            row=release,
        )

    def create(self, ticket: Ticket, prepared: Prepared) -> None:
        super().create(ticket, prepared)
        if "brought_back_from" in ticket.facts:
            pair = ticket.project.environments.get(environment=ticket.environment)
            restoring.propose_again(ticket, pair)

    def plan(self, ticket: Ticket) -> list[StepSpec]:
        workloads, back = workloads_of(ticket.project, environment_of(ticket)), restoring.restored_by(ticket)
        restored = [one.pk for one in back.of_these(workloads)] if back is not None else []
        steps = target_steps(self.name, ticket.project, workloads, restored)
        return [StepSpec("take_slot", 0), StepSpec("start", 1), *steps]

    def fingerprint_content(self, ticket: Ticket) -> Json:
        content, back = super().fingerprint_content(ticket), restoring.restored_by(ticket)
        if back is None:
            return content
        return _with_configuration(content, back, ticket.about.release, planned_workloads(ticket))

    def recheck(self, ticket: Ticket) -> SentBack | None:
        restoring.assert_still(ticket)
        return super().recheck(ticket)

    def on_end(self, ticket: Ticket) -> None:
        super().on_end(ticket)
        if ticket.status == TicketStatus.SUCCEEDED:
            restoring.put_in_force(ticket)

    @staticmethod
    def _choose(filing: Filing, pair: ProjectEnvironment, good: Release | None) -> Release:
        if filing.form.get("release"):
            return find_release(filing, filing.form["release"])
        if good is not None:
            return good
        unmade = pair.workloads.filter(deployment_uid="").select_related("placement__cluster").first()
        if unmade is not None:
            raise Conflict("rollback.nothing_runs", **where(unmade))
        if len(history(filing.project, pair.environment)) == 1:
            raise Conflict("rollback.first_version", project=filing.project.slug, environment=pair.environment.slug)
        raise Conflict("rollback.no_known_good", project=filing.project.slug)

    @staticmethod
    def _assert_present(filing: Filing, release: Release) -> None:
        client = get_registry(filing.project.registry)
        has = run(client.has_digest(release.image_repository, release.digest), settings.CONFIG.outside_timeout)
        if not has:
            raise Conflict("image.gone", digest=release.digest, repository=release.image_repository)


def that_day(pair: ProjectEnvironment, release: Release, workloads: list[Workload]) -> restoring.Restored:
    """The configuration that was in force when that version arrived there last; Conflict where there is none to bring."""
    ran = next((one for one in history(pair.project, pair.environment) if one.release.digest == release.digest), None)
    if ran is None:
        raise Conflict("rollback.no_configuration", environment=pair.environment.slug)
    return restoring.of_that_day(pair, workloads, ran.since)


def configuration_offered(filing: Filing, release: Release, workloads: list[Workload]) -> Json:
    """What may come back beside that image, from rows alone, or `reason` why nothing may."""
    pair = project_environment(filing)
    now = {one.configuration_id: one.number for one in in_force_for(workloads).values()}
    offer: Json = {"name": "", "number": None, "applied_at": None, "in_force": None, "secrets": [], "reason": None}
    if len(now) == 1:
        offer["in_force"] = next(iter(now.values()))
    right = allowed(filing.actor, PROPOSE, **_place(filing))
    if not right.allowed:
        return offer | {"reason": {"code": right.code, "params": right.params}}
    try:
        back = that_day(pair, release, workloads)
    except Conflict as error:
        return offer | {"reason": error.as_reason()}
    return offer | {
        "name": back.plan.name,
        "number": back.old.number,
        "applied_at": back.old.applied_at,
        "in_force": back.based_on,
        "secrets": sorted(back.plan.secret_versions(back.document)),
    }


def _place(filing: Filing) -> Json:
    return {
        "project_id": filing.project.pk,
        "environment_id": filing.environment.pk if filing.environment else None,
    }


def _approvals_needed(pair: ProjectEnvironment, *, is_good: bool, is_whole: bool) -> int:
    """Of an image alone as in D14; with a configuration as a `configure` or a promote needs there."""
    if is_whole:
        return pair.approvals_needed if pair.environment.is_gated else 0
    return pair.approvals_needed if pair.environment.tier == Tier.PRODUCTION and not is_good else 0


def _with_configuration(content: Json, back: restoring.Restored, release: Release, workloads: list[Workload]) -> Json:
    images = {one.placement.cluster_id: image_reference(release, one) for one in back.of_these(workloads)}
    return restoring.content_with(content, back, images)
