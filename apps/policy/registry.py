"""Where `projects` hands in its look-up of grants, so that policy needs no import of a higher room.

Must not: cache rights; a revoked grant counts from the next question on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class GrantSource(Protocol):
    """What policy asks about live grants. A grant that has ended counts as absent."""

    def roles(self, user_id: int, project_id: int, environment_id: int) -> frozenset[str]:
        """Roles of the user on exactly this pair."""
        ...

    def any_role(self, user_id: int, project_id: int) -> frozenset[str]:
        """Roles of the user on any environment of the project."""
        ...

    def is_owner(self, user_id: int, project_id: int) -> bool:
        """Whether the user is among the project's owners."""
        ...

    def member_project_ids(self, user_id: int) -> Iterable[int]:
        """Projects in which the user has a live grant or which he owns; a queryset of ids is welcome."""
        ...

    def all_roles(self, user_id: int) -> frozenset[str]:
        """Roles of the user anywhere: what kind of work is his; a right only to what holds everywhere (the brake)."""
        ...

    def roles_on_cluster(self, user_id: int, cluster_id: int) -> frozenset[str]:
        """Roles of the user in any environment that is placed on the cluster."""
        ...

    def owns_any(self, user_id: int) -> bool:
        """Whether the user is an owner of any project."""
        ...


class NoGrants:
    """The source before `projects` is loaded: nobody has anything."""

    def roles(self, user_id: int, project_id: int, environment_id: int) -> frozenset[str]:
        return frozenset()

    def any_role(self, user_id: int, project_id: int) -> frozenset[str]:
        return frozenset()

    def is_owner(self, user_id: int, project_id: int) -> bool:
        return False

    def member_project_ids(self, user_id: int) -> Iterable[int]:
        return ()

    def all_roles(self, user_id: int) -> frozenset[str]:
        return frozenset()

    def roles_on_cluster(self, user_id: int, cluster_id: int) -> frozenset[str]:
        return frozenset()

    def owns_any(self, user_id: int) -> bool:
        return False


_source: GrantSource = NoGrants()


def set_grant_source(source: GrantSource) -> GrantSource:
    """Register the look-up (from `projects`' AppConfig.ready); returns the one before, for tests."""
    global _source
    before, _source = _source, source
    return before


def grant_source() -> GrantSource:
    """The registered look-up."""
    return _source
