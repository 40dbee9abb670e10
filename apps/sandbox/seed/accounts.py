"""The demo's passwords: made once, kept in `accounts.json` (mode 600) of the data folder, printed by `make demo`.

Must not: be used for anything but the demo; a real portal keeps no password in clear.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from apps.sandbox.seed.plan import Person
from apps.sandbox.world import write_private

FILE = "accounts.json"


@dataclass
class Accounts:
    """User name → password, in the order in which they are printed. `fresh` are those this run made up."""

    path: Path
    passwords: dict[str, str]
    fresh: set[str] = field(default_factory=set)

    @classmethod
    def load(cls, path: Path) -> Accounts:
        """What the file says; nothing when there is none."""
        if not path.exists():
            return cls(path, {})
        rows = json.loads(path.read_text(encoding="utf-8"))["accounts"]
        return cls(path, {row["username"]: row["password"] for row in rows})

    def complete(self, people: Sequence[Person], clone_urls: Sequence[str]) -> None:
        """Make up what is missing and save, before anybody is created: a kill in between loses no password."""
        for person in people:
            if person.username not in self.passwords:
                self.passwords[person.username] = secrets.token_urlsafe(12)
                self.fresh.add(person.username)
        rows = [{"username": p.username, "password": self.passwords[p.username], "about": p.about} for p in people]
        content = {"accounts": rows, "clone_urls": list(clone_urls)}
        write_private(self.path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
