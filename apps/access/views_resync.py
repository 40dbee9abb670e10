"""Asking for a re-sync of jobs from a language's template, over the API.

Must not: decide rights or write rows; the policy table and the kind do.
"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.resync.content import MOST_PROJECTS, RESYNC
from apps.access.resync.kind import REQUEST
from apps.catalog.models import Language
from apps.common.errors import Invalid, Missing
from apps.common.parsers import StrictJSONParser
from apps.common.serializers import StrictSerializer
from apps.policy.permissions import actor_of
from apps.projects.models import Project
from apps.tickets.registry import Filing
from apps.tickets.serializers_card import LONGEST_NOTE, TicketCardSerializer
from apps.tickets.services.filing import file_ticket
from apps.tickets.views import KEY_HEADER, idempotency_key, read_card, valid


class ResyncSerializer(StrictSerializer):
    """POST /languages/{slug}/resync/: the canary is first and alone; `projects` are the others, without it."""

    canary = serializers.CharField(max_length=80)
    projects = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=MOST_PROJECTS - 1, default=list
    )
    note = serializers.CharField(max_length=LONGEST_NOTE, required=False, allow_blank=True, default="")


class LanguageResync(APIView):
    """Bringing the jobs of a language back to its template."""

    policy_action = REQUEST
    parser_classes = (StrictJSONParser,)

    @extend_schema(
        operation_id="languages_resync",
        parameters=[KEY_HEADER],
        request=ResyncSerializer,
        responses={201: TicketCardSerializer, 200: TicketCardSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """File it; 200 with the earlier ticket when the Idempotency-Key was used for the same request."""
        if not Language.objects.filter(slug=slug).exists():
            raise Missing
        body = valid(ResyncSerializer(data=request.data))
        canary = Project.objects.filter(slug=body["canary"]).first()
        if canary is None:
            raise Invalid(fields={"canary": ["does_not_exist"]})
        form = {"language": slug, "canary": canary.slug, "projects": body["projects"]}
        filing = Filing(canary, None, form, actor_of(request), note=body["note"])
        ticket, is_new = file_ticket(RESYNC, filing, idempotency_key=idempotency_key(request))
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(read_card(ticket, request), status=code)
