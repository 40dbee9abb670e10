"""What a visit of a step answers: `Done`, `Waiting`, `Failed`, `Canceled`; the engine adds `Errored` by itself.

Must not: carry prose; a reason is a code with params (law 4: failed = the outside said no, errored = we could not tell).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Done:
    """The step's work is done; `output` is kept on the step."""

    output: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Waiting:
    """Come back in `retry_after` seconds at the latest; a wake-up may come earlier."""

    retry_after: float
    output: dict[str, Any] | None = None


@dataclass(frozen=True)
class Failed:
    """The outside, or a rule, said no."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)
    output: dict[str, Any] | None = None


@dataclass(frozen=True)
class Errored:
    """We could not tell, after the last look-up."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Canceled:
    """Stopped because the ticket was cancelled, and the outside confirms that nothing goes on."""

    output: dict[str, Any] | None = None


@dataclass(frozen=True)
class SentBack:
    """Only for `start`: a gate or an approval no longer holds; the ticket returns to `status`."""

    status: str
    reason: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class GoBack:
    """What an earlier step of the same target made is lost: begin again from step `to`, under a new attempt."""

    to: str
    reason: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ended:
    """The whole ticket ends now with `status` (for example superseded), nothing more is done."""

    status: str
    reason: dict[str, Any] = field(default_factory=dict)


Outcome = Done | Waiting | Failed | Errored | Canceled | SentBack | GoBack | Ended
