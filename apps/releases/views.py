"""Releases, their verdicts, builds and logs, and the board over the API.

Must not: decide rights or write rows, but for the note that somebody watches a build's log.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Now
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.db import db_now
from apps.common.errors import Invalid, Missing
from apps.common.parsers import StrictJSONParser
from apps.common.plain_text import TEXT, AnyAccept
from apps.policy.actor import Actor
from apps.policy.permissions import actor_of
from apps.policy.services import require, visible_project_ids
from apps.projects.models import Environment, ProjectEnvironment
from apps.releases import api, buildlog
from apps.releases import serializers as shapes
from apps.releases import serializers_board as board_shapes
from apps.releases.board import board
from apps.releases.models import Build, Release, Rollout, TicketRelease, Verdict
from apps.releases.presence import presence_of
from apps.releases.services.verdicts import give_verdict
from apps.tickets.api import MAX_ID, get_project
from apps.tickets.models import Ticket
from apps.tickets.views import NOT_FILTERS, valid

WATCHED_EVERY = timedelta(seconds=5)
MOST_ROWS = 200


def query_of(request: Request) -> dict[str, str]:
    """The query parameters without those of the page."""
    return {name: value for name, value in request.query_params.dict().items() if name not in NOT_FILTERS}


def releases_seen_by(actor: Actor) -> QuerySet[Release]:
    """Releases of the projects the actor may see, with what a line shows."""
    found = Release.objects.select_related("project", "requester").defer("dockerfile")
    projects = visible_project_ids(actor)
    return found if projects is None else found.filter(project_id__in=projects)


def get_release(release_id: int, action: str, *, actor: Actor) -> Release:
    """The release; one of a project the actor does not see looks as if it were not there, and the attempt is noted."""
    release = Release.objects.select_related("project", "requester").filter(pk=min(release_id, MAX_ID)).first()
    if release is None:
        raise Missing
    if not releases_seen_by(actor).filter(pk=release.pk).exists():
        require(actor, action, project_id=release.project_id, obj=release)
        raise Missing
    return release


class ReleaseList(generics.ListAPIView[Release]):
    """The versions of one's projects, newest first."""

    policy_action = "release.read"
    serializer_class = shapes.ReleaseSerializer

    def get_queryset(self) -> QuerySet[Release]:
        if getattr(self, "swagger_fake_view", False):
            return Release.objects.none()
        wanted = valid(shapes.ReleaseFilter(data=query_of(self.request)))
        found = releases_seen_by(actor_of(self.request))
        if "project" in wanted:
            found = found.filter(project__slug=wanted["project"])
        for name in ("tag", "digest"):
            if name in wanted:
                found = found.filter(**{name: wanted[name]})
        if "environment" in wanted:
            there = TicketRelease.objects.filter(
                release=OuterRef("pk"), ticket__environment__slug=wanted["environment"]
            )
            found = found.filter(Exists(there))
        return found

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        return None if page is None else api.dress(page)

    @extend_schema(operation_id="releases_list", parameters=[shapes.ReleaseFilter])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)


class ReleaseDetail(APIView):
    """One version: commit, tag, digest, labels, builds, tickets, rollouts, verdicts."""

    policy_action = "release.read"

    @extend_schema(operation_id="releases_read", responses=shapes.ReleaseCardSerializer)
    def get(self, request: Request, release_id: int) -> Response:
        card: Any = get_release(release_id, self.policy_action, actor=actor_of(request))
        require(actor_of(request), self.policy_action, project_id=card.project_id, obj=card)
        api.dress([card])
        card.has_dockerfile = bool(card.dockerfile)
        card.all_builds = Build.objects.filter(release=card).select_related("controller").order_by("id")[:MOST_ROWS]
        tickets = Ticket.objects.filter(about__release=card).select_related("environment", "requester")
        card.all_tickets = tickets.order_by("-created_at", "-id")[:MOST_ROWS]
        rollouts = Rollout.objects.filter(release=card).select_related("workload__placement__cluster")
        card.all_rollouts = rollouts.order_by("-id")[:MOST_ROWS]
        return Response(shapes.ReleaseCardSerializer(card, context={"request": request}).data)


class ReleaseCommits(APIView):
    """Commits since what runs in an environment, asked of GitLab now (B11)."""

    policy_action = "release.read"

    @extend_schema(
        operation_id="releases_commits", parameters=[shapes.CommitsQuery], responses=shapes.ReleaseCommitsSerializer
    )
    def get(self, request: Request, release_id: int) -> Response:
        release = get_release(release_id, self.policy_action, actor=actor_of(request))
        require(actor_of(request), self.policy_action, project_id=release.project_id, obj=release)
        environment = self._environment(release, valid(shapes.CommitsQuery(data=query_of(request))))
        answer: dict[str, Any] = {"environment": environment, "commits": None}
        if environment is None:
            answer["reason"] = {"code": "commits.no_production", "params": {"project": release.project.slug}}
        else:
            answer["commits"], answer["reason"] = api.commits_since(release.project, environment, release.commit)
        return Response(shapes.ReleaseCommitsSerializer(answer, context={"request": request}).data)

    @staticmethod
    def _environment(release: Release, wanted: dict[str, Any]) -> Environment | None:
        if "environment" not in wanted:
            return api.production_of(release.project)
        pair = ProjectEnvironment.objects.select_related("environment").filter(
            project=release.project_id, environment__slug=wanted["environment"]
        )
        found = pair.first()
        if found is None:
            raise Invalid(fields={"environment": ["does_not_exist"]})
        return found.environment


class ReleasePresence(APIView):
    """Whether the image is still in the registry, asked now: what one may roll back to (R8); and in the others (B10)."""

    policy_action = "release.read"

    @extend_schema(operation_id="releases_presence", responses=shapes.PresenceSerializer)
    def get(self, request: Request, release_id: int) -> Response:
        release = get_release(release_id, self.policy_action, actor=actor_of(request))
        require(actor_of(request), self.policy_action, project_id=release.project_id, obj=release)
        answer: dict[str, Any] = {"present": None, "checked_at": db_now(), "reason": None, "registries": []}
        if not release.digest:
            answer["reason"] = {"code": "gate.not_built", "params": {"tag": release.tag}}
        else:
            answer["registries"] = presence_of(release)
            own = answer["registries"][0]
            answer["present"], answer["reason"] = own["present"], own["trouble"]
        return Response(shapes.PresenceSerializer(answer, context={"request": request}).data)


class ReleaseDockerfile(APIView):
    """The Dockerfile that built it, as text."""

    policy_action = "release.read"
    content_negotiation_class = AnyAccept

    @extend_schema(operation_id="releases_dockerfile", responses={(200, "text/plain"): OpenApiTypes.STR})
    def get(self, request: Request, release_id: int) -> HttpResponse:
        release = get_release(release_id, self.policy_action, actor=actor_of(request))
        require(actor_of(request), self.policy_action, project_id=release.project_id, obj=release)
        if not release.dockerfile:
            raise Missing
        return HttpResponse(release.dockerfile, content_type=TEXT)


class ReleaseVerdicts(generics.ListAPIView[Verdict]):
    """Verdicts on the release's image, newest first, those that no longer count among them (D16)."""

    policy_actions = {"GET": "release.read", "POST": "verdict.give"}
    parser_classes = (StrictJSONParser,)
    serializer_class = shapes.VerdictSerializer

    def get_queryset(self) -> QuerySet[Verdict]:
        if getattr(self, "swagger_fake_view", False):
            return Verdict.objects.none()
        release = get_release(self.kwargs["release_id"], "release.read", actor=actor_of(self.request))
        require(actor_of(self.request), "release.read", project_id=release.project_id, obj=release)
        same = Q(digest=release.digest) if release.digest else Q(release=release)
        return Verdict.objects.filter(same, project=release.project_id).select_related("actor", "environment")

    @extend_schema(operation_id="releases_verdicts")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="releases_give_verdict",
        request=shapes.NewVerdictSerializer,
        responses={201: shapes.VerdictSerializer},
    )
    def post(self, request: Request, release_id: int) -> Response:
        """Passed or failed, on this image in that environment; needs the grant `tester` there."""
        actor = actor_of(request)
        release = get_release(release_id, "verdict.give", actor=actor)
        body = valid(shapes.NewVerdictSerializer(data=request.data))
        environment = Environment.objects.filter(slug=body.pop("environment")).first()
        if environment is None:
            raise Invalid(fields={"environment": ["does_not_exist"]})
        body["evidence"] = [dict(one) for one in body["evidence"]]
        verdict = give_verdict(release, environment, **body, actor=actor)
        verdict.refresh_from_db()
        return Response(self.get_serializer(verdict).data, status=status.HTTP_201_CREATED)


def get_build(build_id: int, *, actor: Actor) -> Build:
    """The build, if the actor may read its project's."""
    build = Build.objects.select_related("controller", "release").filter(pk=min(build_id, MAX_ID)).first()
    if build is None:
        raise Missing
    require(actor, "build.read", project_id=build.release.project_id, obj=build)
    return build


class BuildDetail(APIView):
    """One build, its state and stages."""

    policy_action = "build.read"

    @extend_schema(operation_id="builds_read", responses=shapes.BuildSerializer)
    def get(self, request: Request, build_id: int) -> Response:
        build = get_build(build_id, actor=actor_of(request))
        return Response(shapes.BuildSerializer(build, context={"request": request}).data)


class BuildLog(APIView):
    """A piece of the log from a byte offset of our copy; reading a running build's log has it copied first."""

    policy_action = "build.read"

    @extend_schema(operation_id="builds_log", parameters=[shapes.LogQuery], responses=shapes.BuildLogSerializer)
    def get(self, request: Request, build_id: int) -> Response:
        build = get_build(build_id, actor=actor_of(request))
        offset = valid(shapes.LogQuery(data=query_of(request)))["offset"]
        if build.state in (Build.State.ASKED, Build.State.QUEUED, Build.State.RUNNING):
            stale = Q(watched_at__isnull=True) | Q(watched_at__lt=Now() - Value(WATCHED_EVERY))
            Build.objects.filter(stale, pk=build.pk).update(watched_at=Now())
        page = buildlog.read(build, offset)
        answer = {**page.__dict__, "first_line": page.first_line if page.text else build.log_lines + 1}
        return Response(shapes.BuildLogSerializer(answer).data)


class Board(APIView):
    """Which version runs where, by what was last observed; never asks a cluster (R12)."""

    policy_action = "board.read"

    @extend_schema(
        operation_id="board_read", parameters=[board_shapes.BoardQuery], responses=board_shapes.BoardSerializer
    )
    def get(self, request: Request) -> Response:
        slug = valid(board_shapes.BoardQuery(data=query_of(request)))["project"]
        project = get_project(slug, self.policy_action, actor=actor_of(request))
        require(actor_of(request), self.policy_action, project_id=project.pk, obj=project)
        return Response(
            board_shapes.BoardSerializer(board(project, actor=actor_of(request)), context={"request": request}).data
        )
