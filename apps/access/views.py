"""The API of asking for project access: the request, the look before it, and what the form may choose from.

Must not: decide rights or write rows; the policy table and the services do.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access import serializers as forms
from apps.access.checks import check_request
from apps.access.requesting import ACTION, only_one, request_project
from apps.catalog.models import Language
from apps.common.errors_api import language_of
from apps.common.messages import sentence
from apps.common.parsers import StrictJSONParser
from apps.common.problems import with_sentences
from apps.integrations.clients import get_gitlab
from apps.integrations.gitlab.projects import search_projects
from apps.integrations.loop import run
from apps.integrations.models import GitLabServer, JenkinsController, Registry
from apps.policy.permissions import actor_of
from apps.projects.models import Environment, Project
from apps.tickets.serializers_card import TicketCardSerializer
from apps.tickets.views import KEY_HEADER, idempotency_key, read_card, valid

MOST_FOUND = 20


class AccessView(APIView):
    """What the views of this module share."""

    policy_action = ACTION
    parser_classes = (StrictJSONParser,)


class AccessRequests(AccessView):
    """Asking that a service be taken in."""

    @extend_schema(
        operation_id="access_request",
        parameters=[KEY_HEADER],
        request=forms.RequestSerializer,
        responses={201: TicketCardSerializer, 200: TicketCardSerializer},
    )
    def post(self, request: Request) -> Response:
        """File it; 200 with the earlier ticket when the Idempotency-Key was used for the same request."""
        key = idempotency_key(request)
        ticket, created = request_project(request.data, idempotency_key=key, actor=actor_of(request))
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(read_card(ticket, request), status=code)


class AccessCheck(AccessView):
    """What can be said of a request before it is filed; stores nothing."""

    @extend_schema(operation_id="access_check", request=forms.CheckSerializer, responses=forms.CheckedSerializer)
    def post(self, request: Request) -> Response:
        """Look at what is filled in so far; content is never refused."""
        found = check_request(request.data, actor=actor_of(request))
        language = language_of(request)
        for part in ("access", "clone"):
            if found[part] is not None:
                found[part]["detail"] = _told(found[part], language)
        return Response({**found, "fields": with_sentences(found["fields"], language)})


def _told(part: dict[str, Any], language: str) -> str:
    return sentence(part["code"], part["params"], language) if part["code"] else ""


class AccessRepositories(AccessView):
    """Repositories that the portal's token is a member of."""

    @extend_schema(
        operation_id="access_repositories",
        parameters=[forms.RepositoriesQuery],
        responses=forms.RepositoriesSerializer,
    )
    def get(self, request: Request) -> Response:
        """Search GitLab now, for at most 20."""
        query = valid(forms.RepositoriesQuery(data=request.query_params.dict()))
        server = query.get("gitlab") or only_one("gitlab", GitLabServer)
        work = search_projects(get_gitlab(server), query["q"], MOST_FOUND)
        found = run(work, settings.CONFIG.outside_timeout)
        paths = [one.path for one in found]
        used = Project.objects.filter(gitlab=server, gitlab_path__in=paths, withdrawn_at__isnull=True)
        taken = set(used.values_list("gitlab_path", flat=True))
        rows = [
            {"path": one.path, "name": one.name, "web_url": one.web_url, "archived": one.archived}
            | {"is_taken": one.path in taken}
            for one in found
        ]
        return Response(forms.RepositoriesSerializer({"results": rows}).data)


class AccessOptions(AccessView):
    """What the form may choose from."""

    @extend_schema(operation_id="access_options", responses=forms.OptionsSerializer)
    def get(self, request: Request) -> Response:
        """Names of systems that are switched on, languages and environments."""
        options: dict[str, Any] = {
            name: list(model._default_manager.filter(is_enabled=True).values_list("name", flat=True))
            for name, model in (("gitlabs", GitLabServer), ("jenkins", JenkinsController), ("registries", Registry))
        }
        options["languages"] = Language.objects.all()
        options["environments"] = Environment.objects.all()
        return Response(forms.OptionsSerializer(options).data)
