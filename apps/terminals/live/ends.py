"""Why a shell ended, as it is told: a code, what helps, and whether what is still unread may be shown first.

Must not: know how the end came about, or hold a sentence (they are in the catalogue `terminals.json`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from apps.common.messages import LANGUAGES, sentence
from apps.terminals.recording.chain import Sealed

# The container had its say: what it wrote before is delivered, then the end.
NATURAL = frozenset(
    {"left", "exited", "out_of_memory", "pod_replaced", "pod_gone", "container_ended", "cluster_silent"}
)
OFFERS = {
    "pod_replaced": "successor",
    "pod_gone": "successor",
    **dict.fromkeys(("revoked", "signed_out", "disabled", "ended_by", "ticket_ended"), "none"),
    **dict.fromkeys(("environment_locked", "cluster_withdrawn", "no_shell", "refused"), "none"),
}
PREFIX = "terminal.end."


@dataclass(frozen=True)
class End:
    """`code` is whole: `terminal.end.left`. `exit_code` is the shell's, where it had one."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)
    exit_code: int | None = None

    @property
    def is_natural(self) -> bool:
        """Whether what was written before the end may still be shown."""
        return self.code.removeprefix(PREFIX) in NATURAL

    def message(self) -> dict[str, Any]:
        """The end in words for the browser."""
        return {
            "type": "end",
            "code": self.code,
            "params": self.params,
            "detail": {language: sentence(self.code, self.params, language) for language in LANGUAGES},
            "offer": OFFERS.get(self.code.removeprefix(PREFIX), "reopen"),
            "exit_code": self.exit_code,
        }


class Over(Exception):
    """There is no shell (any more), and this is why; `sealed` is its recording, where one was begun."""

    def __init__(self, end: End, sealed: Sealed | None = None) -> None:
        super().__init__(end.code)
        self.end, self.sealed = end, sealed


def because(name: str, exit_code: int | None = None, **params: Any) -> End:
    """The end `terminal.end.<name>`."""
    return End(PREFIX + name, params, exit_code)
