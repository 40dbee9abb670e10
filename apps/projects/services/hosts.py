"""Saving and restoring an environment's hosts file (E6): each change is a new version.

Must not: change or delete a version, or let one saver overwrite another unseen.
"""

from __future__ import annotations

import hashlib

from django.db import transaction
from django.db.models import QuerySet

from apps.audit.services import record
from apps.common.errors import Conflict, Missing
from apps.policy.actor import Actor
from apps.projects import hosts
from apps.projects.models import Environment, HostsVersion


def versions_of(environment: Environment) -> QuerySet[HostsVersion]:
    """All versions with their authors."""
    return HostsVersion.objects.filter(environment=environment).select_related("author")


def find_current(environment: Environment) -> HostsVersion | None:
    """The newest version; None before the first."""
    return versions_of(environment).order_by("-number").first()


def get_version(environment: Environment, number: int) -> HostsVersion:
    """One version; Missing when there is none of this number."""
    found = versions_of(environment).filter(number=number).first()
    if found is None:
        raise Missing
    return found


def text_of(environment: Environment, number: int) -> str:
    """The text of a version; number 0 is the empty text before the first."""
    return get_version(environment, number).text if number else ""


def save_hosts(
    environment: Environment,
    text: str,
    *,
    based_on: int,
    note: str = "",
    restored_from: int | None = None,
    actor: Actor,
) -> tuple[HostsVersion, bool]:
    """The version with this text and whether it is new: saving what is current again changes nothing.

    based_on: number of the version that was edited, 0 for none; Conflict `hosts.saved_meanwhile` when a newer one is
    there. Raises as `hosts.checked`.
    """
    canonical = hosts.checked(text)
    with transaction.atomic():
        # Of two savers at once the second must see the first one's version: one after the other.
        Environment.objects.select_for_update(no_key=True).get(pk=environment.pk)
        current = find_current(environment)
        if current is not None and current.text == canonical:
            return current, False
        if based_on != (current.number if current else 0):
            raise _saved_meanwhile(environment, current, based_on)
        made = HostsVersion.objects.create(
            environment=environment,
            number=based_on + 1,
            text=canonical,
            sha256=hashlib.sha256(canonical.encode()).hexdigest(),
            note=note,
            restored_from=restored_from,
            author_id=actor.user_id,
        )
        meaning = hosts.difference(current.text if current else "", canonical)
        told = {
            "environment": environment.slug,
            "number": made.number,
            "note": note,
            "restored_from": restored_from,
            "added": len(meaning.added),
            "removed": len(meaning.removed),
            "changed": len(meaning.changed),
        }
        record("hosts.saved", target=made, params=told, environment_id=environment.pk, actor=actor)
    return get_version(environment, made.number), True


def restore_hosts(
    environment: Environment, number: int, *, based_on: int, note: str = "", actor: Actor
) -> tuple[HostsVersion, bool]:
    """A new version with the text of an old one; Missing when there is no such version, else as `save_hosts`."""
    old = get_version(environment, number)
    return save_hosts(environment, old.text, based_on=based_on, note=note, restored_from=number, actor=actor)


def _saved_meanwhile(environment: Environment, current: HostsVersion | None, based_on: int) -> Conflict:
    author = current.author if current else None
    return Conflict(
        "hosts.saved_meanwhile",
        environment=environment.slug,
        number=current.number if current else 0,
        based_on=based_on,
        by=str(author) if author else "opsportal",
    )
