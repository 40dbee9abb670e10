"""GET /first-hour: what a new portal still lacks before its first release, for administrators.

Must not: change anything; each step is done on the page of its own room.
"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.releases.first_hour import first_hour
from apps.releases.serializers_first_hour import FirstHourSerializer


class FirstHour(APIView):
    """The way from an empty portal to the first release, step by step."""

    policy_action = "first_hour.read"

    @extend_schema(operation_id="first_hour_read", responses=FirstHourSerializer)
    def get(self, request: Request) -> Response:
        steps = first_hour()
        answer = {"done": all(step.done for step in steps), "steps": steps}
        return Response(FirstHourSerializer(answer).data)
