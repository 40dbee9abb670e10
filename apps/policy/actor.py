"""Who acts: one frozen value that travels from authentication down to the audit row.

Must not: hold a model instance or a secret; ids and names only, so that it may cross threads and be logged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["user", "token", "system"]


@dataclass(frozen=True)
class Actor:
    """A person, a token of a person, or the portal itself. `scopes=None` means everything its user may do."""

    user_id: int | None
    name: str
    kind: ActorKind
    token_id: int | None = None
    scopes: frozenset[str] | None = None
    is_instance_admin: bool = False
    token_project_id: int | None = None
    ip: str = ""
    request_id: str = ""
    display_name: str = ""

    @property
    def called(self) -> str:
        """What people read in a sentence; `name` is who it is in the trail."""
        return self.display_name or self.name

    @classmethod
    def system(cls, name: str) -> Actor:
        """The portal acting by itself: the worker, the sealer, a command."""
        return cls(user_id=None, name=name, kind="system")

    @property
    def person_id(self) -> int:
        """The person's id; asked for only after `require`, which lets nobody without one through."""
        if self.user_id is None:
            raise RuntimeError(f"{self.kind} actor {self.name!r} is no person")
        return self.user_id

    @property
    def is_signed_in(self) -> bool:
        """False for a visitor without a session or token."""
        return self.kind == "system" or self.user_id is not None


ANONYMOUS = Actor(user_id=None, name="", kind="user")
