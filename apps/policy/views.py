"""GET /why: a person asks the policy table about himself, or about somebody whose rights are his to look after.

Must not: record the question about oneself as a refused attempt, or tell a stranger that a project exists.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.errors import Invalid
from apps.common.errors_api import language_of
from apps.common.messages import sentence
from apps.policy.actor import Actor
from apps.policy.permissions import actor_of
from apps.policy.serializers import WhyAnswer, WhyQuestion
from apps.policy.services import allowed, explain, require


def other_person(username: str, project_id: int | None, *, actor: Actor) -> Actor:
    """Another person as he would act in a browser, once the actor may ask about him there."""
    require(actor, "user.manage" if project_id is None else "why.read_others", project_id=project_id)
    found: Any = get_user_model()._default_manager.filter(username=username, is_active=True).first()
    if found is None:
        raise Invalid(fields={"user": [{"code": "does_not_exist", "params": {"value": username}}]})
    return Actor(found.pk, found.username, "user", is_instance_admin=found.is_instance_admin)


class Why(APIView):
    """May I do this there, and if not, why not?"""

    policy_action = "why.read"

    @extend_schema(parameters=[WhyQuestion], responses=WhyAnswer)
    def get(self, request: Request) -> Response:
        question = WhyQuestion(data=request.query_params.dict())
        question.is_valid(raise_exception=True)
        asked: dict[str, Any] = question.validated_data
        where = {"project_id": asked.get("project"), "environment_id": asked.get("environment")}
        actor, name = actor_of(request), asked.get("user", "").lower()
        if name in ("", actor.name):
            decision = explain(actor, asked["action"], **where)
        else:
            # Not `explain`: who may ask for others knows the project, whatever the other one knows of it.
            decision = allowed(other_person(name, where["project_id"], actor=actor), asked["action"], **where)
        detail = "" if decision.allowed else sentence(decision.code, decision.params, language_of(request))
        answer = {"allowed": decision.allowed, "code": decision.code, "params": decision.params, "detail": detail}
        return Response(answer)
