"""The one DRF permission: a view declares the action it stands for; what declares none is refused.

Must not: hold rules. A view says `policy_action = "…"` or `policy_actions = {"GET": "…", "approve": "…"}` (HTTP
methods or DRF action names) and, where the place is known before the object, `policy_target()`.
"""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.common.errors import Denied
from apps.policy.actions import ACTIONS
from apps.policy.actor import ANONYMOUS, Actor
from apps.policy.services import may_attempt, refuse, require


class DeclaredAction(BasePermission):
    """Asks the policy table for the declared action, before the handler and again for the object it works on."""

    def has_permission(self, request: Request, view: Any) -> bool:
        action = _action_of(request, view)
        actor = actor_of(request)
        target = getattr(view, "policy_target", None)
        if target is not None and request.method != "OPTIONS":
            require(actor, action, **target())
            return True
        decision = may_attempt(actor, action)
        if not decision.allowed:
            refuse(actor, action, decision)
        return True

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        action = _action_of(request, view)
        if ACTIONS[action].scope != "global":
            project_id, environment_id = scope_of(obj)
            require(actor_of(request), action, project_id=project_id, environment_id=environment_id, obj=obj)
        return True


def actor_of(request: Any) -> Actor:
    """The actor that authentication put on the request, else the visitor without rights."""
    actor: Actor = getattr(request, "actor", ANONYMOUS)
    return actor


def declared_action(view: Any, method: str, action_name: str | None = None) -> str | None:
    """The policy action of a view (class or instance) for a method; None when it declares none that exists."""
    by_name: dict[str, str] = getattr(view, "policy_actions", None) or {}
    method = "GET" if method == "HEAD" else method
    action = by_name.get(action_name or "") or by_name.get(method) or getattr(view, "policy_action", None)
    return action if action in ACTIONS else None


def scope_of(obj: Any) -> tuple[int | None, int | None]:
    """(project, environment) of a row: its own `policy_scope()`, or its columns of that name; a project is its own."""
    own = getattr(obj, "policy_scope", None)
    if own is not None:
        project_id, environment_id = own()
        return project_id, environment_id
    if getattr(getattr(obj, "_meta", None), "label_lower", "") == "projects.project":
        return obj.pk, None
    return getattr(obj, "project_id", None), getattr(obj, "environment_id", None)


def _action_of(request: Request, view: Any) -> str:
    method = request.method or ""
    if method == "OPTIONS":
        return "me.read"
    name = getattr(view, "action", None)
    if not hasattr(view, method.lower()):
        raise MethodNotAllowed(method)
    action = declared_action(view, method, name)
    if action is None:
        raise Denied("policy_undeclared")
    return action
