"""The registry of ticket kinds, steps and chores. Upper rooms fill it from their `kinds.py`, `steps` and `chores.py`.

A kind is one declaration; a step is a plain function. Must not: import any upper room.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apps.policy.actor import Actor
from apps.policy.services import require
from apps.tickets.outcomes import Outcome, SentBack

if TYPE_CHECKING:
    from apps.projects.models import Environment, Project
    from apps.tickets.models import Ticket
    from apps.tickets.visit import Visit


@dataclass(frozen=True)
class StepSpec:
    """One planned step. Inside a wave each target walks its own order; waves go one after the other.

    system: the bulkhead ("jenkins:1"), "" for none. retry_from: the step a person's retry begins with when this
    one failed (a failed build is retried from `start_build`). retry_on: the beginnings of the reasons that mean so; any
    other failure says nothing of what the earlier steps made, and this one alone is done again.
    """

    name: str
    order: int
    target: str = ""
    wave: int = 0
    system: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    retry_from: str = ""
    retry_on: tuple[str, ...] = ("",)

    def stored_params(self) -> dict[str, Any]:
        """What the step's row keeps of it."""
        if not self.retry_from:
            return dict(self.params)
        return {**self.params, "retry_from": self.retry_from, "retry_on": list(self.retry_on)}


@dataclass
class Filing:
    """What a person asks for, before anything is written. `form` has been checked against the kind's schema."""

    project: Project
    environment: Environment | None
    form: dict[str, Any]
    actor: Actor
    title: str = ""
    note: str = ""


@dataclass
class Prepared:
    """What the kind found out for a filing, before the transaction. `status` is the ticket's first status.

    `row` is anything `create` needs to write its own rows; it never reaches the ticket itself.
    """

    title: str
    status: str
    facts: dict[str, Any] = field(default_factory=dict)
    approvals_needed: int = 0
    requires_review: bool = False
    fingerprint_content: dict[str, Any] | None = None
    row: Any = None


class Kind(ABC):
    """Base of every ticket kind. Methods that may call outside say so; the others run inside a transaction.

    approve_action, read_action, operate_action: rows of the policy table for the kind's tickets, where those of most
    tickets do not fit (a project that is asked for has no ops of its own). `operate_action` stands for cancel and retry.
    needs_active: only for a project that was admitted and is not archived.
    closes_project: it ends its project, so that while it is open nothing else is filed or retried there.
    """

    name: str = ""
    request_action: str = ""
    approve_action: str = "ticket.approve"
    read_action: str = "ticket.read"
    operate_action: str = ""
    needs_active: bool = True
    closes_project: bool = False
    takes_slot: bool = False
    slot_first: bool = False
    schema: dict[str, Any] = {"type": "object", "additionalProperties": False}

    def stands_for(self, action: str) -> str:
        """What `action` ("ticket.…") is called in the policy table for this kind. Who may read may also comment."""
        own = {
            "ticket.approve": self.approve_action,
            "ticket.read": self.read_action,
            "ticket.cancel": self.operate_action,
            "ticket.retry": self.operate_action,
            "ticket.comment": "" if self.read_action == "ticket.read" else self.read_action,
        }
        return own.get(action) or action

    def require_right(self, filing: Filing) -> None:
        """Refuse whoever may not file this: by `request_action` there."""
        environment = filing.environment.pk if filing.environment else None
        require(filing.actor, self.request_action, project_id=filing.project.pk, environment_id=environment)

    @abstractmethod
    def prepare(self, filing: Filing) -> Prepared:
        """Look things up (may call outside), refuse with a DomainError, and say how the ticket begins."""

    def create(self, ticket: Ticket, prepared: Prepared) -> None:
        """Write the kind's own rows; runs in the transaction of the filing."""

    @abstractmethod
    def plan(self, ticket: Ticket) -> list[StepSpec]:
        """The ordered plan; runs in the transaction of the filing, after `create`."""

    def summary(self, ticket: Ticket) -> dict[str, Any]:
        """What an approver reads; from rows only."""
        return {}

    def fingerprint_content(self, ticket: Ticket) -> dict[str, Any] | None:
        """The content an approval is bound to (D17); may call outside. None: this kind has no fingerprint."""
        return None

    def excluded_approvers(self, ticket: Ticket) -> set[int]:
        """User ids that may not decide, beside the requester (D13)."""
        return set()

    def recheck(self, ticket: Ticket) -> SentBack | None:
        """Read the gates again at start; may call outside."""
        return None

    def recheck_frozen(self, ticket: Ticket) -> Outcome | None:
        """A retry of a half-done ticket: look at what is unfinished (D17); None goes on. May call outside."""
        return None

    def on_slot(self, ticket: Ticket) -> Outcome | None:
        """Called once the slot is taken; an outcome other than None ends the ticket instead."""
        return None

    def on_end(self, ticket: Ticket) -> None:
        """The ticket just ended; runs in the transaction of the transition."""


StepFunction = Callable[["Visit"], Outcome]


@dataclass(frozen=True)
class RegisteredStep:
    """A step function, whether it changes the outside (then it saves its intent itself), and whether it settles
    what the step before it began (then a cancelled ticket still visits it, until the outside confirms)."""

    function: StepFunction
    writes: bool
    settles: bool


@dataclass(frozen=True)
class RegisteredChore:
    """Periodic work: `every()` seconds, one row per id of `each()` (or one row when None)."""

    function: Callable[[str], None]
    every: Callable[[], float]
    each: Callable[[], Iterable[str]] | None = None


KINDS: dict[str, Kind] = {}
STEPS: dict[str, RegisteredStep] = {}
CHORES: dict[str, RegisteredChore] = {}


def action_on(kind: str, action: str) -> str:
    """The row of the policy table that `action` ("ticket.…") on a ticket of this kind is judged by."""
    known = KINDS.get(kind)
    return known.stands_for(action) if known is not None else action


def kinds_under(action: str, own: Iterable[str]) -> list[str]:
    """The kinds for whose tickets `action` stands for one of `own`."""
    wanted = set(own)
    return sorted(name for name, kind in KINDS.items() if kind.stands_for(action) in wanted)


def register(kind: type[Kind]) -> type[Kind]:
    """Class decorator: make a kind known under its name."""
    KINDS[kind.name] = kind()
    return kind


def step(name: str, *, writes: bool, settles: bool = False) -> Callable[[StepFunction], StepFunction]:
    """Decorator: make a step function known under its name."""

    def add(function: StepFunction) -> StepFunction:
        STEPS[name] = RegisteredStep(function, writes, settles)
        return function

    return add


def chore(
    name: str, *, every: Callable[[], float], each: Callable[[], Iterable[str]] | None = None
) -> Callable[[Callable[[str], None]], Callable[[str], None]]:
    """Decorator: periodic work; the function receives the id after the colon of the chore's name ("" if none)."""

    def add(function: Callable[[str], None]) -> Callable[[str], None]:
        CHORES[name] = RegisteredChore(function, every, each)
        return function

    return add
