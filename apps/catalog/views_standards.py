"""The API of the standards. Must not: decide rights or change a row (services do)."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog import serializers_standards as forms
from apps.catalog.models import Standard
from apps.catalog.standards import services
from apps.catalog.standards.impact import impact
from apps.common.parsers import StrictJSONParser
from apps.policy.permissions import actor_of

READ, MANAGE = "standard.read", "standard.manage"


class StandardView(generics.GenericAPIView[Any]):
    """What the views of standards share."""

    parser_classes = (StrictJSONParser,)
    serializer_class: Any = forms.StandardSerializer
    queryset = Standard.objects.none()

    def changes(self, request: Request) -> dict[str, Any]:
        """The content of a change that has the right shape."""
        body = forms.StandardChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return {name: dict(value) if name == "levels" else value for name, value in body.validated_data.items()}


class StandardList(StandardView):
    """The standards. There are as many as the code knows, so they are always one page."""

    policy_action = READ

    @extend_schema(operation_id="standards_list", responses=forms.StandardSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List them all, in the order of the documentation."""
        rows = forms.StandardSerializer(services.current_standards(), many=True).data
        return Response({"results": rows, "next": None})


class StandardDetail(StandardView):
    """One standard."""

    policy_actions: ClassVar = {"GET": READ, "PATCH": MANAGE}

    @extend_schema(operation_id="standards_read", responses=forms.StandardSerializer)
    def get(self, request: Request, standard_id: str) -> Response:
        """Show it."""
        return Response(forms.StandardSerializer(services.current_standard(standard_id)).data)

    @extend_schema(
        operation_id="standards_update", request=forms.StandardChangeSerializer, responses=forms.StandardSerializer
    )
    def patch(self, request: Request, standard_id: str) -> Response:
        """Change it; every document judged from now on is judged by it."""
        services.current_standard(standard_id)
        changed = services.update_standard(standard_id, self.changes(request), actor=actor_of(request))
        return Response(forms.StandardSerializer(changed).data)


class StandardTry(StandardView):
    """A change that is not saved."""

    policy_action = MANAGE

    @extend_schema(
        operation_id="standards_try", request=forms.StandardChangeSerializer, responses=forms.StandardImpactSerializer
    )
    def post(self, request: Request, standard_id: str) -> Response:
        """Say what the change would newly refuse and warn of, over every configuration in force."""
        saved = services.current_standard(standard_id)
        found = impact(services.proposed(standard_id, self.changes(request)), saved)
        return Response(forms.StandardImpactSerializer(found).data)
