"""Views that do one thing each, to see the common machinery from outside."""

from __future__ import annotations

from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.audit import services as audit
from apps.audit.models import AuditEvent
from apps.audit.serializers import AuditEventSerializer
from apps.common.errors import Unavailable
from apps.common.parsers import StrictJSONParser
from apps.common.serializers import StrictSerializer
from apps.policy.actor import Actor
from apps.policy.services import require


class _Part(StrictSerializer):
    size = serializers.IntegerField(min_value=1, max_value=9)


class EchoSerializer(StrictSerializer):
    name = serializers.CharField(max_length=5)
    kind = serializers.ChoiceField(["a", "b"], required=False)
    parts = _Part(many=True, required=False)
    made_by = serializers.CharField(read_only=True)


class Echo(APIView):
    policy_action = "session.create"
    authentication_classes = ()
    parser_classes = (StrictJSONParser,)

    def post(self, request: Request) -> Response:
        data = EchoSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        return Response(data.validated_data)


class Boom(APIView):
    policy_action = "session.create"
    authentication_classes = ()

    def get(self, request: Request) -> Response:
        raise RuntimeError("SELECT secret FROM /srv/hidden/path")


class DatabaseDown(APIView):
    policy_action = "session.create"
    authentication_classes = ()

    def get(self, request: Request) -> Response:
        raise OperationalError('connection to server at "10.0.0.9" failed')


def plain(request: HttpRequest) -> HttpResponse:
    """Outside DRF, as the session middleware is."""
    raise OperationalError('connection to server at "10.0.0.9" failed')


class Outside(APIView):
    policy_action = "session.create"
    authentication_classes = ()

    def get(self, request: Request) -> Response:
        raise Unavailable(system="Jenkins", retry_after=6.2)


class Undeclared(APIView):
    def get(self, request: Request) -> Response:
        return Response({"reached": True})


class RefusedInside(APIView):
    """A service that opens its transaction first and asks for the right inside."""

    policy_action = "me.read"

    def post(self, request: Request) -> Response:
        actor: Actor = request.actor  # type: ignore[attr-defined]
        with transaction.atomic():
            audit.record("thing.changed", actor=actor)
            require(actor, "ticket.approve", project_id=7, environment_id=3)
        return Response({})


class Events(generics.ListAPIView[AuditEvent]):
    policy_action = "session.create"
    authentication_classes = ()
    serializer_class = AuditEventSerializer
    queryset = AuditEvent.objects.all()
