"""From user names to people, in one query. Must not: tell disabled people from unknown ones."""

from __future__ import annotations

from collections.abc import Iterable

from apps.accounts.models import User
from apps.projects.services.refusals import unknown


def people_named(usernames: Iterable[str], field: str) -> list[User]:
    """The active people of these names; refuses the first name that nobody active has."""
    wanted = list(dict.fromkeys(usernames))
    found = {user.username: user for user in User.objects.filter(username__in=wanted, is_active=True)}
    for name in wanted:
        if name not in found:
            raise unknown(field, name)
    return [found[name] for name in wanted]
