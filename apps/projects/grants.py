"""The grant look-up that the policy room asks (DESIGN, law 7). Must not: cache; a withdrawn grant counts at once."""

from __future__ import annotations

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
