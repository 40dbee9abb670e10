"""Reading the audit trail over the API.

Must not: change anything but to note that an export was taken.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.audit import export, services
from apps.audit.models import AuditEvent
from apps.audit.serializers import AuditEventSerializer, AuditFilter, filtered
from apps.audit.visibility import visible_events
from apps.common.errors import Invalid

_FILTERS: list[Any] = [AuditFilter]


class AuditEventList(generics.ListAPIView[AuditEvent]):
    """Who did what to what, newest first. An administrator sees all, a member what belongs to his projects."""

    policy_action = "audit.read"
    serializer_class = AuditEventSerializer

    def get_queryset(self) -> QuerySet[AuditEvent]:
        if getattr(self, "swagger_fake_view", False):
            return AuditEvent.objects.none()
        return filtered(visible_events(self.request.actor), self.request.query_params.dict())  # type: ignore[attr-defined]

    @extend_schema(parameters=_FILTERS)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)


class _FirstRenderer(BaseContentNegotiation):
    """`?format=` is our own parameter here; DRF would look for a renderer of that name."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class AuditExport(APIView):
    """The same rows as a file, written out in pieces; the export itself is in the trail."""

    policy_action = "audit.read"
    content_negotiation_class = _FirstRenderer

    @extend_schema(
        parameters=[*_FILTERS, OpenApiParameter("format", str, enum=["csv", "json"], default="csv")],
        responses={(200, "text/csv"): OpenApiTypes.STR, (200, "application/json"): AuditEventSerializer(many=True)},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        form = request.query_params.get("format", "csv")
        if form not in ("csv", "json"):
            raise Invalid(fields={"format": ["invalid_choice"]})
        actor = request.actor  # type: ignore[attr-defined]
        query = request.query_params.dict()
        events = filtered(visible_events(actor), query)
        with transaction.atomic():
            services.record("audit.exported", params={"query": query}, actor=actor)
        return export.response(events, form, request._request)
