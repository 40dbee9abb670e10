"""A grant source for tests: grants as plain tuples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from apps.policy.registry import set_grant_source


class PlainGrants:
    """(user, project, environment, role), (user, project) of owners and (environment, cluster) of placements."""

    def __init__(self) -> None:
        self.grants: set[tuple[int, int, int, str]] = set()
        self.owners: set[tuple[int, int]] = set()
        self.placed: set[tuple[int, int]] = set()

    def roles(self, user_id: int, project_id: int, environment_id: int) -> frozenset[str]:
        return frozenset(g[3] for g in self.grants if g[:3] == (user_id, project_id, environment_id))

    def any_role(self, user_id: int, project_id: int) -> frozenset[str]:
        return frozenset(g[3] for g in self.grants if g[:2] == (user_id, project_id))

    def is_owner(self, user_id: int, project_id: int) -> bool:
        return (user_id, project_id) in self.owners

    def member_project_ids(self, user_id: int) -> Iterable[int]:
        return {g[1] for g in self.grants if g[0] == user_id} | {o[1] for o in self.owners if o[0] == user_id}

    def all_roles(self, user_id: int) -> frozenset[str]:
        return frozenset(g[3] for g in self.grants if g[0] == user_id)

    def roles_on_cluster(self, user_id: int, cluster_id: int) -> frozenset[str]:
        return frozenset(g[3] for g in self.grants if g[0] == user_id and (g[2], cluster_id) in self.placed)

    def owns_any(self, user_id: int) -> bool:
        return any(o[0] == user_id for o in self.owners)


@contextmanager
def plain_grants() -> Iterator[PlainGrants]:
    """The registered source for the length of the block."""
    source = PlainGrants()
    before = set_grant_source(source)
    try:
        yield source
    finally:
        set_grant_source(before)
