"""The ticket kinds release, promote and roll_back, one declaration each (D14–D18).

Must not: write a status or drive a step; look-ups that call outside stand in `prepare`, `fingerprint_content`, `recheck`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from apps.catalog.models import TemplateVersion
from apps.catalog.overrides import live_override
from apps.catalog.rendering import render_dockerfile
from apps.catalog.services import newest_template
from apps.common.db import db_now
from apps.common.errors import Conflict, Invalid, NotFound
from apps.integrations.clients import get_gitlab, get_registry
from apps.integrations.gitlab.types import Commit, GitProject
from apps.integrations.loop import run
from apps.policy.actor import Actor
from apps.projects.models import Environment, Project, ProjectEnvironment, Tier
from apps.releases import chores, poller  # noqa: F401 - registers the chores
from apps.releases.change import change_content, moved_target
from apps.releases.gates import Gate, gates_for
from apps.releases.history import last_known_good, ran_before
from apps.releases.models import Release, Rollout, TicketRelease
from apps.releases.steps import building, copying, rolling  # noqa: F401 - registers the steps
from apps.releases.tags import mint_tag
from apps.releases.targets import planned_workloads, target_steps, targets_changed, workloads_of
from apps.tickets import registry
from apps.tickets.models import StepStatus, Ticket, TicketStatus
from apps.tickets.outcomes import Ended, Failed, Outcome, SentBack
from apps.tickets.registry import Filing, Kind, Prepared, StepSpec
from apps.tickets.services.running import end_superseded

REF = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[^\x00-\x20~^:?*\[\\]+$"}
TAG = {"type": "string", "minLength": 1, "maxLength": 128}
NOT_STARTED = (TicketStatus.PENDING_CONFIRMATION, TicketStatus.PENDING_APPROVAL, TicketStatus.SCHEDULED)


def project_environment(filing: Filing) -> ProjectEnvironment:
    """The pair the ticket is for; Invalid when the project does not use that environment."""
    found = None
    if filing.environment is not None:
        found = (
            ProjectEnvironment.objects.select_related("environment", "project")
            .filter(project=filing.project, environment=filing.environment)
            .first()
        )
    if found is None:
        raise Invalid("release.environment_unused", fields={"environment": [{"code": "required", "params": {}}]})
    return found


def find_release(filing: Filing, tag: str) -> Release:
    """A release of the project by its tag, or by the digest of one that has no tag."""
    found = Release.objects.filter(project=filing.project)
    release = found.filter(tag=tag).first() if not tag.startswith("sha256:") else found.filter(digest=tag).last()
    if release is None:
        params = {"tag": tag[:80], "project": filing.project.slug}
        raise Invalid("release.unknown", fields={"release": [{"code": "release.unknown", "params": params}]}, **params)
    return release


@dataclass(frozen=True)
class _Source:
    """What GitLab and the catalog said about a ref at filing."""

    project: GitProject
    commit: Commit
    dockerfile: str
    dockerfile_version: int | None


@registry.register
class ReleaseKind(Kind):
    """Build a version once and bring it to a development or test environment (R1)."""

    name = "release"
    request_action = "release.request"
    takes_slot = True
    schema = {
        "type": "object",
        "properties": {"ref": REF},
        "required": ["ref"],
        "additionalProperties": False,
    }

    def prepare(self, filing: Filing) -> Prepared:
        pair = project_environment(filing)
        if pair.environment.is_gated:
            raise Conflict("release.gated_environment", environment=pair.environment.slug, tier=pair.environment.tier)
        workloads_of(filing.project, pair.environment)
        source = self._look_up(filing)
        job = newest_template(filing.project.language, TemplateVersion.Kind.JENKINS_JOB)
        facts = {
            "ref": filing.form["ref"],
            "commit": source.commit.sha,
            "commit_title": source.commit.title,
            "gitlab_id": source.project.id,
            "clone_url": source.project.clone_url,
            "web_url": source.project.web_url,
            "job_template": job.pk,
        }
        title = f"{filing.project.slug} {filing.form['ref']}"
        return Prepared(title=title, status=TicketStatus.QUEUED, facts=facts, row=source)

    @staticmethod
    def _look_up(filing: Filing) -> _Source:
        project = filing.project
        gitlab = get_gitlab(project.gitlab)
        repository = run(gitlab.get_project(project.gitlab_path), settings.CONFIG.outside_timeout)
        try:
            commit = run(gitlab.resolve_ref(repository.id, filing.form["ref"]), settings.CONFIG.outside_timeout)
        except NotFound as error:
            params = {"ref": filing.form["ref"], "project": project.slug}
            raise Invalid(
                "release.ref_missing", fields={"ref": [{"code": "release.ref_missing", "params": params}]}, **params
            ) from error
        override = live_override(project)
        if override is not None:
            return _Source(repository, commit, override.body, None)
        template = newest_template(project.language, TemplateVersion.Kind.DOCKERFILE)
        values = {"project": project.slug, "language": project.language}
        return _Source(repository, commit, render_dockerfile(template.body, values), template.version)

    def create(self, ticket: Ticket, prepared: Prepared) -> None:
        source: _Source = prepared.row
        # Two filings of one person in one second would mint the same tag: one after the other. No key lock, because
        # each already holds the project's key by its own ticket.
        Project.objects.select_for_update(no_key=True).get(pk=ticket.project_id)
        release = Release.objects.create(
            project=ticket.project,
            ticket=ticket,
            requester=ticket.requester,
            ref=ticket.form["ref"][:255],
            commit=source.commit.sha,
            commit_title=source.commit.title[:500],
            tag=mint_tag(ticket.project_id, ticket.requester_id, db_now()),
            image_repository=ticket.project.image_repository,
            dockerfile=source.dockerfile,
            dockerfile_version=source.dockerfile_version,
        )
        TicketRelease.objects.create(ticket=ticket, release=release)
        ticket.title = f"{ticket.project.slug} {release.tag}"
        ticket.save(update_fields=["title"])

    def plan(self, ticket: Ticket) -> list[StepSpec]:
        project = ticket.project
        jenkins = f"jenkins:{project.jenkins_id}"
        return [
            StepSpec("start", 0),
            StepSpec("create_tag", 1, system=f"gitlab:{project.gitlab_id}"),
            StepSpec("ensure_job", 2, system=jenkins),
            StepSpec("start_build", 3, system=jenkins, retry_from="ensure_job"),
            StepSpec("await_build", 4, retry_from="start_build"),
            StepSpec("resolve_digest", 5, system=f"registry:{project.registry_id}", retry_from="start_build"),
            StepSpec("take_slot", 6),
            *target_steps(project, workloads_of(project, _environment(ticket))),
        ]

    def on_slot(self, ticket: Ticket) -> Outcome | None:
        """A release that arrives after a later-filed one already runs there is superseded (D7)."""
        later = (
            Rollout.objects.filter(
                ticket__project=ticket.project_id,
                ticket__environment=ticket.environment_id,
                ticket__kind="release",
                ticket__created_at__gt=ticket.created_at,
                started_at__isnull=False,
            )
            .order_by("-ticket")
            .first()
        )
        if later is None or ticket.frozen_at is not None:
            return None
        return Ended(TicketStatus.SUPERSEDED, {"code": "release.overtaken", "params": {"ticket": later.ticket_id}})

    def on_end(self, ticket: Ticket) -> None:
        settle_rollouts(ticket)


def _environment(ticket: Ticket) -> Environment:
    assert ticket.environment is not None
    return ticket.environment


def settle_rollouts(ticket: Ticket) -> None:
    """A rollout that was never judged: failed when the cluster refused the patch, skipped when none went out, else
    unknown."""
    open_results = [Rollout.Result.PENDING, Rollout.Result.RUNNING]
    begun = Rollout.objects.filter(ticket=ticket, result__in=open_results)
    for step in ticket.steps.filter(name="patch_image", status=StepStatus.FAILED):
        begun.filter(workload=step.params["workload"]).update(
            result=Rollout.Result.FAILED, reason=step.reason, finished_at=Now()
        )
    for step in ticket.steps.filter(name="patch_image", status=StepStatus.CANCELED, intent__isnull=True):
        begun.filter(workload=step.params["workload"], generation__isnull=True).update(
            result=Rollout.Result.SKIPPED, finished_at=Now()
        )
    begun.update(result=Rollout.Result.UNKNOWN)


class _ExistingRelease(Kind):
    """What promote and roll back share: an image that exists, a fingerprint, a slot before the first step."""

    takes_slot = True

    def create(self, ticket: Ticket, prepared: Prepared) -> None:
        # Of two filed at once neither would see the other: one after the other, the last one stays. No key lock,
        # because each already holds the project's key by its own ticket.
        Project.objects.select_for_update(no_key=True).get(pk=ticket.project_id)
        TicketRelease.objects.create(ticket=ticket, release=prepared.row)
        waiting = (
            Ticket.objects.select_for_update()
            .filter(
                kind=self.name,
                project=ticket.project_id,
                environment=ticket.environment_id,
                status__in=NOT_STARTED,
            )
            .exclude(pk=ticket.pk)
            .order_by("pk")
        )
        for older in waiting:
            end_superseded(older, ticket, actor=Actor.system("engine"))

    def plan(self, ticket: Ticket) -> list[StepSpec]:
        workloads = workloads_of(ticket.project, _environment(ticket))
        return [StepSpec("take_slot", 0), StepSpec("start", 1), *target_steps(ticket.project, workloads)]

    def fingerprint_content(self, ticket: Ticket) -> dict[str, Any]:
        release = ticket.about.release
        return change_content(self.name, release, planned_workloads(ticket))

    def recheck(self, ticket: Ticket) -> SentBack | None:
        """The plan is fixed: what was adopted or taken away since needs another ticket."""
        planned = {w.pk for w in planned_workloads(ticket)}
        if planned != {w.pk for w in workloads_of(ticket.project, _environment(ticket))}:
            raise targets_changed(ticket)
        return None

    def recheck_frozen(self, ticket: Ticket) -> Outcome | None:
        """Nobody approved the images a ticket without approvals meets, so that it goes on whatever they are."""
        return moved_target(ticket) if ticket.approvals_needed else None

    def excluded_approvers(self, ticket: Ticket) -> set[int]:
        requester = ticket.about.release.requester_id if hasattr(ticket, "about") else None
        return {requester} if requester is not None else set()

    def summary(self, ticket: Ticket) -> dict[str, Any]:
        release = ticket.about.release
        gates = gates_for(ticket.project, release, _environment(ticket))
        return {"release": release.tag, "digest": release.digest, "gates": [g.__dict__ for g in gates]}

    def on_end(self, ticket: Ticket) -> None:
        settle_rollouts(ticket)


@registry.register
class PromoteKind(_ExistingRelease):
    """Bring a tested image, by digest, to the next environment (R2–R5)."""

    name = "promote"
    request_action = "promote.request"
    schema = {
        "type": "object",
        "properties": {"release": TAG},
        "required": ["release"],
        "additionalProperties": False,
    }

    def prepare(self, filing: Filing) -> Prepared:
        pair = project_environment(filing)
        release = find_release(filing, filing.form["release"])
        gates = gates_for(filing.project, release, pair.environment)
        refused = next((g for g in gates if g.state == "refused"), None)
        if refused is not None:
            raise Conflict(refused.code, **refused.params)
        needed = pair.approvals_needed if pair.environment.is_gated else 0
        content = change_content(self.name, release, workloads_of(filing.project, pair.environment))
        return Prepared(
            title=f"{filing.project.slug} {release} → {pair.environment.slug}",
            status=first_status(gates, needed),
            facts={"gates": [g.__dict__ for g in gates]},
            approvals_needed=needed,
            fingerprint_content=content,
            row=release,
        )

    def recheck(self, ticket: Ticket) -> SentBack | None:
        """Gates are read again at start (D16)."""
        gate = _unmet(ticket)
        if gate is not None:
            return SentBack(TicketStatus.PENDING_CONFIRMATION, {"code": gate.code, "params": gate.params})
        return super().recheck(ticket)

    def recheck_frozen(self, ticket: Ticket) -> Outcome | None:
        gate = _unmet(ticket)
        return Failed(gate.code, gate.params) if gate is not None else super().recheck_frozen(ticket)


def _unmet(ticket: Ticket) -> Gate | None:
    gates = gates_for(ticket.project, ticket.about.release, _environment(ticket))
    return next((gate for gate in gates if gate.state != "met"), None)


def first_status(gates: list[Gate], approvals_needed: int) -> str:
    """Where a promote begins: with the tester, with ops, or in the queue."""
    if any(g.state == "missing" for g in gates):
        return TicketStatus.PENDING_CONFIRMATION
    return TicketStatus.PENDING_APPROVAL if approvals_needed else TicketStatus.QUEUED


@registry.register
class RollBackKind(_ExistingRelease):
    """Back to an earlier version of that environment; the last known good at once, reviewed afterwards (R8, D14)."""

    name = "roll_back"
    request_action = "roll_back.request"
    slot_first = True
    schema = {
        "type": "object",
        "properties": {"release": TAG, "reason": {"type": "string", "minLength": 10, "maxLength": 2000}},
        "required": ["reason"],
        "additionalProperties": False,
    }

    def prepare(self, filing: Filing) -> Prepared:
        pair = project_environment(filing)
        good = last_known_good(filing.project, pair.environment)
        release = self._choose(filing, good.release if good else None)
        is_good = good is not None and good.release.digest == release.digest
        if not is_good and not ran_before(filing.project, pair.environment, release):
            raise Conflict("rollback.never_ran", tag=str(release), environment=pair.environment.slug)
        self._assert_present(filing, release)
        is_production = pair.environment.tier == Tier.PRODUCTION
        needed = pair.approvals_needed if is_production and not is_good else 0
        workloads = workloads_of(filing.project, pair.environment)
        return Prepared(
            title=f"{filing.project.slug} {pair.environment.slug} ← {release}",
            status=TicketStatus.PENDING_APPROVAL if needed else TicketStatus.QUEUED,
            facts={"reason": filing.form["reason"], "is_last_known_good": is_good},
            approvals_needed=needed,
            requires_review=is_production and is_good,
            fingerprint_content=change_content(self.name, release, workloads),
            row=release,
        )

    @staticmethod
    def _choose(filing: Filing, good: Release | None) -> Release:
        if filing.form.get("release"):
            return find_release(filing, filing.form["release"])
        if good is None:
            raise Conflict("rollback.no_known_good", project=filing.project.slug)
        return good

    @staticmethod
    def _assert_present(filing: Filing, release: Release) -> None:
        client = get_registry(filing.project.registry)
        has = run(client.has_digest(release.image_repository, release.digest), settings.CONFIG.outside_timeout)
        if not has:
            raise Conflict("image.gone", digest=release.digest, repository=release.image_repository)
