"""Invitations: a person without a password, and the link by which he sets one.

Must not: make a password up or show a link again: who lost it is sent a new one.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.accounts import links, people
from apps.accounts.models import AccountLink, User
from apps.audit import services as audit
from apps.common.db import db_now
from apps.common.errors import Conflict, Missing
from apps.policy.actor import Actor


def invite(origin: str, *, username: str, actor: Actor, **fields: Any) -> links.Delivery:
    """A new person and his link; both or neither."""
    with transaction.atomic():
        user = people.create_user(username=username, password=None, actor=actor, **fields)
        row, secret = links.issue_link(user, links.Purpose.INVITATION, actor=actor)
    return links.deliver(row, secret, origin)


def renew_invitation(invitation_id: int, origin: str, *, actor: Actor) -> links.Delivery:
    """A new link in place of the old one, which is void from now on."""
    with transaction.atomic():
        row = _locked(invitation_id)
        if not row.user.is_active:
            raise Conflict("account_link.user_disabled", username=row.user.username)
        secret = links.renew_link(row, actor=actor)
    return links.deliver(row, secret, origin)


def revoke_invitation(invitation_id: int, *, actor: Actor) -> None:
    """The link no longer works; the person stays, without a password."""
    with transaction.atomic():
        row = _locked(invitation_id)
        row.revoked_at = db_now()
        row.save(update_fields=["revoked_at"])
        params = {"link_id": row.pk, "purpose": row.purpose}
        audit.record("account_link.revoked", target=row.user, params=params, actor=actor)


def _locked(invitation_id: int) -> AccountLink:
    """The open invitation, its person's row locked before its own: everybody takes the two in this order."""
    found = links.open_links(links.Purpose.INVITATION).filter(pk=invitation_id)
    first = found.first()
    if first is not None:
        User.objects.select_for_update().get(pk=first.user_id)
        row = found.select_for_update(of=("self",)).first()
        if row is not None:
            return row
    raise Missing
