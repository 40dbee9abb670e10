"""Fixtures of the engine's tests: the drill kind, a place to file it, and turning the engine by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from apps.accounts.models import User
from apps.projects.models import Environment, Project
from apps.tickets import bell
from apps.tickets.claims import claim_due
from apps.tickets.engine import visit
from apps.tickets.models import Ticket
from apps.tickets.registry import Filing
from apps.tickets.services.filing import file_ticket
from tests.support.factories import actor_of, grant, make_environment, make_project, make_user, use
from tests.tickets import drill as drills


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Engine tests turn the engine by hand; the bell has its own tests."""
    monkeypatch.setattr(bell, "ring", lambda ids: None)


@pytest.fixture
def drill() -> Iterator[drills.Drill]:
    yield drills.install()
    drills.uninstall()


@dataclass
class Place:
    project: Project
    environment: Environment
    developer: User
    ops: User
    ops2: User

    def file(self, **form: str) -> Ticket:
        filing = Filing(self.project, self.environment, dict(form), actor_of(self.developer))
        return file_ticket("drill", filing)[0]


@pytest.fixture
def place(transactional_db: None) -> Place:
    project, environment = make_project("book"), make_environment("test")
    use(project, environment)
    people = {name: make_user(name) for name in ("dev", "ops", "ops2")}
    grant(people["dev"], project, environment, "developer")
    grant(people["ops"], project, environment, "ops")
    grant(people["ops2"], project, environment, "ops")
    return Place(project, environment, people["dev"], people["ops"], people["ops2"])


def turn(most: int = 50) -> int:
    """Claim and visit until nothing is due; how many visits there were."""
    visits = 0
    while visits < most:
        claims = claim_due("hand", 8)
        if not claims:
            return visits
        for claim in claims:
            visit(claim)
            visits += 1
    raise AssertionError(f"still something due after {most} visits")


@pytest.fixture
def turning() -> Callable[..., int]:
    return turn
