"""One line of the doctor's list. Must not: hold anything that may not be printed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """`text` is for people, `facts` for programs."""

    name: str
    ok: bool
    text: str
    facts: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {"name": self.name, "ok": self.ok, "text": self.text, "facts": self.facts}
