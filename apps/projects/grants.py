"""The grant look-up that the policy room asks (DESIGN, law 7), and one person's grants read for one answer.

Must not: cache from one answer to the next; a withdrawn grant counts at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from apps.projects.models import Grant, Project


class Grants:
    """Live grants and ownership, straight from the rows; two grants never combine into a third right (P5)."""

    def roles(self, user_id: int, project_id: int, environment_id: int) -> frozenset[str]:
        """Live roles on exactly this pair."""
        found = Grant.objects.filter(
            Grant.live(), user_id=user_id, project_id=project_id, environment_id=environment_id
        )
        return frozenset(found.values_list("role", flat=True))

    def any_role(self, user_id: int, project_id: int) -> frozenset[str]:
        """Live roles on any environment of the project."""
        found = Grant.objects.filter(Grant.live(), user_id=user_id, project_id=project_id)
        return frozenset(found.values_list("role", flat=True))

    def is_owner(self, user_id: int, project_id: int) -> bool:
        """Whether the user is among `Project.owners`."""
        return Project.owners.through.objects.filter(user_id=user_id, project_id=project_id).exists()

    def member_project_ids(self, user_id: int) -> Iterable[int]:
        """Ids of projects with a live grant of, or owned by, the user; a queryset."""
        granted = Grant.objects.filter(Grant.live(), user_id=user_id).order_by().values_list("project_id", flat=True)
        owned = Project.owners.through.objects.filter(user_id=user_id).order_by().values_list("project_id", flat=True)
        return granted.union(owned)

    def all_roles(self, user_id: int) -> frozenset[str]:
        """Distinct live roles anywhere."""
        found = Grant.objects.filter(Grant.live(), user_id=user_id)
        return frozenset(found.order_by().values_list("role", flat=True).distinct())

    def roles_on_cluster(self, user_id: int, cluster_id: int) -> frozenset[str]:
        """Live roles in any environment that is placed on the cluster."""
        placed = Grant.objects.filter(Grant.live(), user_id=user_id, environment__placements__cluster_id=cluster_id)
        return frozenset(placed.order_by().values_list("role", flat=True).distinct())

    def owns_any(self, user_id: int) -> bool:
        """Whether the user is among the owners of any project."""
        return Project.owners.through.objects.filter(user_id=user_id).exists()


class OneMember(Grants):
    """What one person holds in one project, read in two statements; any other question goes to the rows."""

    def __init__(self, user_id: int, project_id: int) -> None:
        self._who = (user_id, project_id)
        found: dict[int, set[str]] = defaultdict(set)
        live = Grant.objects.filter(Grant.live(), user_id=user_id, project_id=project_id)
        for environment_id, role in live.values_list("environment_id", "role"):
            found[environment_id].add(role)
        self._roles = found
        self._owns = super().is_owner(user_id, project_id)

    def roles(self, user_id: int, project_id: int, environment_id: int) -> frozenset[str]:
        """Live roles on exactly this pair."""
        if (user_id, project_id) != self._who:
            return super().roles(user_id, project_id, environment_id)
        return frozenset(self._roles.get(environment_id, ()))

    def any_role(self, user_id: int, project_id: int) -> frozenset[str]:
        """Live roles on any environment of the project."""
        if (user_id, project_id) != self._who:
            return super().any_role(user_id, project_id)
        return frozenset(role for roles in self._roles.values() for role in roles)

    def is_owner(self, user_id: int, project_id: int) -> bool:
        """Whether the user is among the project's owners."""
        return self._owns if (user_id, project_id) == self._who else super().is_owner(user_id, project_id)


class ManyPairs(Grants):
    """The roles of many people on many (project, environment) pairs, read in one statement; what else is asked goes to
    the rows. Made for one look at many sessions, and thrown away after it."""

    def __init__(self, asked: Iterable[tuple[int, int, int]]) -> None:
        """`asked`: (user, project, environment) ids; of no other triple is it known that there is nothing."""
        self._asked = frozenset(asked)
        found: dict[tuple[int, int, int], set[str]] = defaultdict(set)
        users, projects = {one[0] for one in self._asked}, {one[1] for one in self._asked}
        live = Grant.objects.filter(Grant.live(), user__in=users, project__in=projects)
        for user_id, project_id, environment_id, role in live.values_list("user", "project", "environment", "role"):
            found[user_id, project_id, environment_id].add(role)
        self._roles = found

    def roles(self, user_id: int, project_id: int, environment_id: int) -> frozenset[str]:
        """Live roles on exactly this pair."""
        place = (user_id, project_id, environment_id)
        if place not in self._asked:
            return super().roles(user_id, project_id, environment_id)
        return frozenset(self._roles.get(place, ()))
