"""Writing the audit trail: the row of a change in the change's transaction, the row of a refusal in its own.

Must not: update or delete a row, or carry secrets in `params`.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

from django.db import connection, models, transaction

from apps.audit.models import AuditEvent
from apps.audit.sealer import seal
from apps.audit.sealer import verify_chain as verify

__all__ = ["ActorLike", "Target", "record", "record_refusal", "seal", "verify"]

Target = models.Model | tuple[str, int | str, str] | None


class ActorLike(Protocol):
    """What an audit row tells of the actor (`policy.Actor` has it; this room lies below policy)."""

    @property
    def user_id(self) -> int | None: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def token_id(self) -> int | None: ...
    @property
    def ip(self) -> str: ...
    @property
    def request_id(self) -> str: ...


def record(
    action: str,
    *,
    target: Target = None,
    outcome: Literal["done", "refused"] = "done",
    params: dict[str, Any] | None = None,
    project_id: int | None = None,
    environment_id: int | None = None,
    actor: ActorLike,
) -> AuditEvent:
    """Write the row of a change; only inside the transaction of that change, so that both stand or fall together."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"audit.record({action!r}) outside the transaction of the change")
    kind, key, name = _described(target)
    return AuditEvent.objects.create(
        action=action,
        outcome=outcome,
        actor_id=actor.user_id,
        actor_name=actor.name[:150],
        actor_kind=actor.kind,
        token_id=actor.token_id,
        ip=actor.ip[:45],
        request_id=actor.request_id[:64],
        target_type=kind,
        target_id=key,
        target_name=name,
        project_id=project_id,
        environment_id=environment_id,
        params=params or {},
    )


def record_refusal(
    action: str,
    *,
    target: Target = None,
    params: dict[str, Any] | None = None,
    project_id: int | None = None,
    environment_id: int | None = None,
    actor: ActorLike,
) -> AuditEvent:
    """Write the row of a refused attempt in its own transaction; call it when the refused change is rolled back."""
    with transaction.atomic():
        return record(
            action,
            target=target,
            outcome="refused",
            params=params,
            project_id=project_id,
            environment_id=environment_id,
            actor=actor,
        )


def _described(target: Target) -> tuple[str, str, str]:
    if target is None:
        return "", "", ""
    if isinstance(target, models.Model):
        return target._meta.label_lower, str(target.pk), str(target)[:200]
    kind, key, name = target
    return kind[:60], str(key)[:80], name[:200]
