"""GET /why: a person asks the policy table about himself.

Must not: answer for others, record the question as a refused attempt, or tell a stranger that a project exists.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.errors_api import language_of
from apps.common.messages import sentence
from apps.policy.permissions import actor_of
from apps.policy.serializers import WhyAnswer, WhyQuestion
from apps.policy.services import explain


class Why(APIView):
    """May I do this there, and if not, why not?"""

    policy_action = "why.read"

    @extend_schema(parameters=[WhyQuestion], responses=WhyAnswer)
    def get(self, request: Request) -> Response:
        question = WhyQuestion(data=request.query_params.dict())
        question.is_valid(raise_exception=True)
        asked: dict[str, Any] = question.validated_data
        decision = explain(
            actor_of(request), asked["action"], project_id=asked.get("project"), environment_id=asked.get("environment")
        )
        detail = "" if decision.allowed else sentence(decision.code, decision.params, language_of(request))
        answer = {"allowed": decision.allowed, "code": decision.code, "params": decision.params, "detail": detail}
        return Response(answer)
