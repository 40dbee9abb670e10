"""The tokens that download one environment's hosts file: made, shown once, checked, revoked.

Several may live at once, so that one is replaced without a gap. Must not: store or log a secret, or tell who guesses
whether an environment exists.
"""

from __future__ import annotations

from django.db import transaction

from apps.accounts.throttle import count_attempt
from apps.audit.services import record
from apps.common import bearer
from apps.common.db import db_now
from apps.common.errors import Conflict, Missing, Unauthenticated
from apps.policy.actor import Actor
from apps.projects.models import Environment, HostsToken

MARK = "oph"
MOST_LIVE = 20


class HostsTokenNeeded(Unauthenticated):
    """No token, a wrong or revoked one, another environment's, or no such environment: one answer for all."""

    code = "hosts.token_needed"


def create_hosts_token(environment: Environment, name: str, *, actor: Actor) -> tuple[HostsToken, str]:
    """The row and its secret, which nobody can read again; Conflict `hosts.token_limit` when 20 are live."""
    prefix, secret = bearer.mint(MARK)
    with transaction.atomic():
        # Of two made at once neither would count the other: one after the other.
        Environment.objects.select_for_update(no_key=True).get(pk=environment.pk)
        if HostsToken.objects.filter(environment=environment, revoked_at=None).count() >= MOST_LIVE:
            raise Conflict("hosts.token_limit", environment=environment.slug, limit=MOST_LIVE)
        token = HostsToken.objects.create(
            environment=environment,
            name=name,
            prefix=prefix,
            secret_sha256=bearer.digest(secret),
            created_by_id=actor.user_id,
        )
        _record("hosts_token.created", token, environment, actor)
    return token, secret


def revoke_hosts_token(environment: Environment, token_id: int, *, actor: Actor) -> None:
    """End one now; Missing when the environment has no such live one."""
    with transaction.atomic():
        rows = HostsToken.objects.select_for_update(of=("self",))
        token = rows.filter(environment=environment, pk=token_id, revoked_at=None).first()
        if token is None:
            raise Missing
        token.revoked_at = db_now()
        token.save(update_fields=["revoked_at"])
        _record("hosts_token.revoked", token, environment, actor)


def check_hosts_secret(slug: str, secret: str, ip: str) -> Environment:
    """The environment of that slug whose token this is, else `HostsTokenNeeded`.

    Wrong secrets count per address as failed logins do (LoginThrottled, 429, after the fifth). Right ones do not, nor
    are they refused meanwhile: 256 random bits cannot be guessed, and one forgotten machine must not keep the others
    behind its address from their hosts file. No secret does not count either: wget sends none before it is asked.
    """
    if not secret:
        raise HostsTokenNeeded
    prefix = bearer.prefix_of(MARK, secret)
    rows = HostsToken.objects.select_related("environment")
    token = rows.filter(prefix=prefix, revoked_at=None).first() if prefix else None
    if token is None or not bearer.is_same(token.secret_sha256, secret) or token.environment.slug != slug:
        count_attempt("", ip, what="hosts")
        raise HostsTokenNeeded
    bearer.touch(HostsToken.objects.filter(pk=token.pk), token.last_used_at, db_now())
    return token.environment


def _record(action: str, token: HostsToken, environment: Environment, actor: Actor) -> None:
    told = {"environment": environment.slug, "name": token.name}
    record(action, target=token, params=told, environment_id=environment.pk, actor=actor)
