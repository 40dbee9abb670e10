"""The two questions to the policy table: `allowed` (and why not) and `require` (or raise).

Must not: decide anything by itself; the rules stand in `actions`, the grants come from the registered source.
A stranger to a project is told nothing (404), a member why (403); both refusals are in the audit trail.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import structlog

from apps.audit import services as audit
from apps.common.db import in_own_transaction
from apps.common.errors import Denied, DomainError, Missing, Unauthenticated
from apps.policy.actions import ACTIONS, Clause, Rule
from apps.policy.actor import Actor
from apps.policy.registry import GrantSource, grant_source

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Decision:
    """`code` and `params` say why not, as a sentence of the catalogue; both are empty when allowed."""

    allowed: bool
    code: str = ""
    params: dict[str, Any] = field(default_factory=dict)


YES = Decision(True)
_WITHOUT_PROJECT = ("admin", "role_on_cluster")


@dataclass(frozen=True)
class _Question:
    """One question, with what the clauses look at."""

    actor: Actor
    project_id: int | None
    environment_id: int | None
    obj: Any
    source: GrantSource | None = None


def allowed(
    actor: Actor,
    action: str,
    *,
    project_id: int | None = None,
    environment_id: int | None = None,
    obj: Any = None,
    source: GrantSource | None = None,
) -> Decision:
    """May the actor do it there? `obj` may name its requesters (`requester_ids` or `requester_id`) or `user_id`.

    `source`: grants read for one answer that asks many questions; never kept for the next answer.
    What names no project although the rule needs one is refused: lists are opened by `may_attempt` and narrowed
    by `visible_project_ids`.
    """
    first = may_attempt(actor, action, project_id=project_id)
    if not first.allowed or actor.kind == "system":
        return first
    rule = ACTIONS[action]
    if rule.scope == "project" and project_id is None:
        return Decision(False, "policy.needs_project", {"action": action})
    question = _Question(actor, project_id, environment_id, obj, source)
    for clause in rule.none_of:
        if _holds(clause, question):
            return _barred(clause, question)
    if any(_grants(clause, question) for clause in rule.any_of):
        return YES
    return _needed(rule, question)


def may_attempt(actor: Actor, action: str, *, project_id: int | None = None) -> Decision:
    """What can be said before the object is known: signed in, token and scope, and rules without a project."""
    rule = ACTIONS.get(action)
    if rule is None:
        return Decision(False, "policy_undeclared", {"action": action})
    if actor.kind == "system" or any(clause.name == "anyone" for clause in rule.any_of):
        return YES
    if actor.user_id is None:
        return Decision(False, "not_authenticated")
    limit = _token_limit(actor, action, rule, project_id)
    if limit is not None:
        return limit
    if rule.scope == "global":
        question = _Question(actor, None, None, None)
        if not any(clause.name == "self" or _holds(clause, question) for clause in rule.any_of):
            return _needed(rule, question)
    return YES


def held_everywhere(actor: Actor, actions: Iterable[str]) -> frozenset[str]:
    """Those of the actions that the actor has in every project, because he holds a clause that asks for none (ops of
    anywhere, an administrator); what a rule's `none_of` bars only the object can tell. A token of one project has none.
    """
    wanted = frozenset(actions)
    if actor.kind == "system":
        return wanted
    if actor.user_id is None or actor.token_project_id is not None:
        return frozenset()
    question = _Question(actor, None, None, None)
    ways = {
        action: {clause for clause in ACTIONS[action].any_of if clause.name in _WITHOUT_PROJECT}
        for action in wanted
        if may_attempt(actor, action).allowed
    }
    held = {clause for clause in frozenset[Clause]().union(*ways.values()) if _holds(clause, question)}
    return frozenset(action for action, clauses in ways.items() if clauses & held)


def require(
    actor: Actor,
    action: str,
    *,
    project_id: int | None = None,
    environment_id: int | None = None,
    obj: Any = None,
) -> None:
    """Raise `Missing` to a stranger and `Denied` with the reason to a member; the refusal goes to the audit trail."""
    decision = allowed(actor, action, project_id=project_id, environment_id=environment_id, obj=obj)
    if not decision.allowed:
        refuse(actor, action, decision, project_id=project_id, environment_id=environment_id, obj=obj)


def explain(actor: Actor, action: str, *, project_id: int | None = None, environment_id: int | None = None) -> Decision:
    """The decision as it may be told: a stranger to the project hears "not found", whatever the reason."""
    decision = allowed(actor, action, project_id=project_id, environment_id=environment_id)
    if not decision.allowed and project_id is not None and _is_stranger(actor, project_id):
        return Decision(False, "not_found")
    return decision


def refuse(
    actor: Actor,
    action: str,
    decision: Decision,
    *,
    project_id: int | None = None,
    environment_id: int | None = None,
    obj: Any = None,
) -> None:
    """Record the refusal and raise it. Inside a transaction the row is written by the API's error handler, because
    here it would be rolled back with the change."""
    if decision.code == "not_authenticated":
        raise Unauthenticated
    error: DomainError = Denied(decision.code, **decision.params)
    if project_id is not None and _is_stranger(actor, project_id):
        error = Missing()
    refusal = {
        "action": action,
        "target": obj if hasattr(obj, "_meta") else None,
        "params": {"code": decision.code, **decision.params},
        "project_id": project_id,
        "environment_id": environment_id,
        "actor": actor,
    }
    log.info("refused", policy_action=action, code=decision.code, project_id=project_id)
    if in_own_transaction():
        error.refusal = refusal  # type: ignore[attr-defined]
    else:
        audit.record_refusal(**refusal)  # type: ignore[arg-type]
    raise error


def record_pending(error: BaseException) -> None:
    """Write the refusal that `refuse` could not write inside the transaction it ended."""
    refusal = getattr(error, "refusal", None)
    if refusal is not None:
        error.refusal = None  # type: ignore[attr-defined]
        audit.record_refusal(**refusal)


def visible_project_ids(actor: Actor, *, admin_sees_all: bool = False) -> Iterable[int] | None:
    """Ids (a queryset, at will) of the projects whose rows a list may show; None stands for all."""
    if actor.kind == "system":
        return None
    if actor.user_id is None:
        return ()
    if actor.token_project_id is not None:
        hidden = _is_stranger(actor, actor.token_project_id)
        return () if hidden and not (admin_sees_all and actor.is_instance_admin) else (actor.token_project_id,)
    if admin_sees_all and actor.is_instance_admin:
        return None
    return grant_source().member_project_ids(actor.user_id)


def scope_covers(scopes: Iterable[str], action: str) -> bool:
    """Whether one of a token's scopes (`ticket.read`, `ticket.*`, `*`) names the action."""
    return any(scope in ("*", action) or (scope.endswith(".*") and action.startswith(scope[:-1])) for scope in scopes)


def _token_limit(actor: Actor, action: str, rule: Rule, project_id: int | None) -> Decision | None:
    if actor.kind != "token":
        return None
    if not rule.tokens:
        return Decision(False, "policy.no_tokens", {"action": action})
    if actor.scopes is not None and not scope_covers(actor.scopes, action):
        return Decision(False, "policy.token_scope", {"action": action})
    if actor.token_project_id is None:
        return None
    elsewhere = project_id is not None and project_id != actor.token_project_id
    administers = rule.scope == "global" and any(clause.name == "admin" for clause in rule.any_of)
    if elsewhere or administers or not rule.project_tokens:
        return Decision(False, "policy.token_project", {"action": action})
    return None


def _grants(clause: Clause, q: _Question) -> bool:
    """Whether a clause opens: a requester's own ticket only, and only while he belongs to the project."""
    if clause.name == "requester":
        own = q.actor.user_id is not None and getattr(q.obj, "requester_id", None) == q.actor.user_id
        return own and _holds(Clause("member"), q)
    return _holds(clause, q)


def _holds(clause: Clause, q: _Question) -> bool:
    user_id, source = q.actor.user_id, q.source or grant_source()
    if clause.name in ("anyone", "signed_in"):
        return clause.name == "anyone" or user_id is not None
    if user_id is None:
        return False
    if clause.name == "admin":
        return q.actor.is_instance_admin
    if clause.name == "self":
        return getattr(q.obj, "user_id", user_id) == user_id
    if clause.name == "requester":
        return user_id in requesters_of(q.obj)
    if clause.name == "role_on_cluster":
        cluster_id = getattr(q.obj, "cluster_id", None)
        held = source.all_roles(user_id) if cluster_id is None else source.roles_on_cluster(user_id, cluster_id)
        return bool(held & set(clause.roles))
    if q.project_id is None:
        return False
    if clause.name == "owner":
        return source.is_owner(user_id, q.project_id)
    if clause.name == "member":
        return source.is_owner(user_id, q.project_id) or bool(source.any_role(user_id, q.project_id))
    if clause.name == "role_in_project":
        return bool(source.any_role(user_id, q.project_id) & set(clause.roles))
    if q.environment_id is None:
        return False
    return bool(source.roles(user_id, q.project_id, q.environment_id) & set(clause.roles))


def requesters_of(obj: Any) -> frozenset[int]:
    """Everybody who counts as the requester: `requester_ids` (ticket's and release's) or the one `requester_id`."""
    many = getattr(obj, "requester_ids", None)
    if many is not None:
        return frozenset(many() if callable(many) else many)
    one = getattr(obj, "requester_id", None)
    return frozenset() if one is None else frozenset({one})


def _is_stranger(actor: Actor, project_id: int) -> bool:
    """No live grant, not an owner, not an admin; a token limited to another project sees nothing of this one."""
    if actor.token_project_id not in (None, project_id):
        return True
    if actor.is_instance_admin or actor.kind == "system":
        return False
    return not _holds(Clause("member"), _Question(actor, project_id, None, None))


def _barred(clause: Clause, q: _Question) -> Decision:
    return Decision(False, f"policy.not_{clause.name}", _where(q))


def _needed(rule: Rule, q: _Question) -> Decision:
    """Name what would be enough: the first clause with roles, else the first of the rule."""
    by_role = next((clause for clause in rule.any_of if clause.roles), None)
    if by_role is not None:
        name = "role" if by_role.name == "role_on_pair" else by_role.name
        return Decision(False, f"policy.needs_{name}", {"roles": list(by_role.roles), **_where(q)})
    return Decision(False, f"policy.needs_{rule.any_of[0].name}", _where(q))


def _where(q: _Question) -> dict[str, Any]:
    where = {"project_id": q.project_id, "environment_id": q.environment_id}
    return {key: value for key, value in where.items() if value is not None}
