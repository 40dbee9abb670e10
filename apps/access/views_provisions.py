"""What an access set up, archiving a project, and undoing a request that ended half way, over the API.

Must not: decide rights or write rows; the policy table and `removal` do.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.access import removal
from apps.access import serializers_provisions as forms
from apps.access.models import Provision
from apps.common.errors import Missing
from apps.common.parsers import StrictJSONParser
from apps.policy.permissions import actor_of
from apps.projects.models import Project
from apps.tickets.api import get_ticket
from apps.tickets.models import Ticket
from apps.tickets.serializers_card import TicketCardSerializer
from apps.tickets.views import KEY_HEADER, idempotency_key, read_card, valid


class ProvisionView(generics.GenericAPIView[Any]):
    """What the views of this module share."""

    parser_classes = (StrictJSONParser,)
    policy_action = "provision.read"
    serializer_class: Any = forms.ProvisionSerializer
    queryset = Provision.objects.none()

    def project(self, slug: str) -> Project:
        """The project, once the declared action is allowed there (404 to strangers)."""
        found = Project.objects.filter(slug=slug).first()
        if found is None:
            raise Missing
        self.check_object_permissions(self.request, found)
        return found

    def filed(self, ticket: Ticket, *, is_new: bool) -> Response:
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(read_card(ticket, self.request), status=code)


class ProvisionList(ProvisionView):
    """What the portal set up for a project, and what it found."""

    @extend_schema(operation_id="provisions_list", responses=forms.ProvisionsSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """List it whole, in the order it was made; what nobody confirmed is not told."""
        rows = Provision.objects.filter(project=self.project(slug)).exclude(confirmed_at=None).order_by("pk")
        return Response(forms.ProvisionsSerializer({"results": rows}).data)


class ProjectArchive(ProvisionView):
    """Archiving a project."""

    policy_action = "project.archive"

    @extend_schema(operation_id="projects_archive_preview", responses=forms.ArchivePreviewSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Show what it would take away; looks at the clusters."""
        return Response(forms.ArchivePreviewSerializer(removal.preview(self.project(slug))).data)

    @extend_schema(
        operation_id="projects_archive",
        parameters=[KEY_HEADER],
        request=forms.ArchiveSerializer,
        responses={201: TicketCardSerializer, 200: TicketCardSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """File it; 200 with the earlier ticket when the Idempotency-Key was used for the same request."""
        key, project = idempotency_key(request), self.project(slug)
        form = valid(forms.ArchiveSerializer(data=request.data))
        ticket, is_new = removal.archive_project(project, form, idempotency_key=key, actor=actor_of(request))
        return self.filed(ticket, is_new=is_new)


class AccessUndo(ProvisionView):
    """Undoing a request for access that ended badly."""

    policy_action = "project_access.operate"

    @extend_schema(
        operation_id="access_requests_undo",
        parameters=[KEY_HEADER],
        request=forms.UndoSerializer,
        responses={201: TicketCardSerializer, 200: TicketCardSerializer},
    )
    def post(self, request: Request, ticket: int) -> Response:
        """File the removal of what it made."""
        key, actor = idempotency_key(request), actor_of(request)
        found = get_ticket(ticket, "ticket.retry", actor=actor)
        valid(forms.UndoSerializer(data=request.data))
        made, is_new = removal.undo_access(found, idempotency_key=key, actor=actor)
        return self.filed(made, is_new=is_new)
