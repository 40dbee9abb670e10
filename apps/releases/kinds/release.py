"""The kind `release`: build a version once and bring it to a development or test environment (R1, D3, D4, D7).

Must not: let a version into a gated environment; that is a promote.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from apps.catalog.models import TemplateVersion
from apps.catalog.overrides import live_override
from apps.catalog.rendering import render_dockerfile
from apps.catalog.services import newest_template
from apps.common.db import db_now
from apps.common.errors import Conflict, Invalid, NotFound
from apps.integrations.clients import get_gitlab
from apps.integrations.gitlab.types import Commit, GitProject
from apps.integrations.loop import run
from apps.projects.models import Project
from apps.releases.kinds.filing import (
    REF,
    environment_of,
    project_environment,
    settle_rollouts,
)
from apps.releases.models import Release, Rollout, TicketRelease
from apps.releases.steps.callback import facts_of, with_callback
from apps.releases.tags import mint_tag
from apps.releases.targets import pre_rollouts_moved, target_steps, workloads_of
from apps.tickets import registry
from apps.tickets.models import Ticket, TicketStatus
from apps.tickets.outcomes import Ended, Outcome
from apps.tickets.registry import Filing, Kind, Prepared, StepSpec

# Only these ask for another build; a registry that refused the reading said nothing of the image.
IMAGE_IS_BAD = ("image.", "registry.image_", "registry.digest_mismatch")


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
            **facts_of(filing.project),
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
        plan = [
            StepSpec("start", 0),
            StepSpec("create_tag", 1, system=f"gitlab:{project.gitlab_id}"),
            StepSpec("ensure_job", 2, system=jenkins),
            StepSpec("start_build", 3, system=jenkins, retry_from="ensure_job"),
            StepSpec("await_build", 4, retry_from="start_build"),
            StepSpec(
                "resolve_digest",
                5,
                system=f"registry:{project.registry_id}",
                retry_from="start_build",
                retry_on=IMAGE_IS_BAD,
            ),
            StepSpec("take_slot", 6),
            *target_steps(self.name, project, workloads_of(project, environment_of(ticket))),
        ]
        return with_callback(ticket, plan)

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
            return pre_rollouts_moved(ticket)
        return Ended(TicketStatus.SUPERSEDED, {"code": "release.overtaken", "params": {"ticket": later.ticket_id}})

    def on_end(self, ticket: Ticket) -> None:
        settle_rollouts(ticket)
