"""A yard of jobs, re-syncs asked for and approved, and the engine turned by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings

from apps.sandbox.jenkins.server import JenkinsServer
from apps.tickets import bell
from apps.tickets.models import Step, Ticket
from apps.tickets.registry import Filing
from apps.tickets.services.approvals import decide
from apps.tickets.services.filing import file_ticket
from tests.releases.hand import Hand
from tests.support.factories import actor_of
from tests.support.jenkins import jenkins_and_registry
from tests.support.jobs import LANGUAGE, Yard, yard_on


@pytest.fixture(scope="module")
def jenkins_server() -> Iterator[JenkinsServer]:
    with jenkins_and_registry(executors=1) as (running, _):
        yield running


@pytest.fixture
def yard(transactional_db: None, jenkins_server: JenkinsServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Yard]:
    monkeypatch.setattr(settings.CONFIG, "outside_timeout", 5.0)
    monkeypatch.setattr(bell, "ring", lambda ids: None)
    with yard_on(jenkins_server) as made:
        yield made


@dataclass
class Shift:
    """Re-syncs: `root` asks, `second` or `ops` approve, the hand drives."""

    yard: Yard
    hand: Hand

    def ask(self, canary: str, *others: str, who: str = "root", filed_for: str = "") -> Ticket:
        project = self.yard.projects[filed_for or canary]
        given = {"language": LANGUAGE, "canary": canary, "projects": list(others)}
        return file_ticket("resync_jobs", Filing(project, None, given, actor_of(self.yard.people[who])))[0]

    def approve(self, ticket: Ticket, who: str = "second") -> Ticket:
        ticket = Ticket.objects.get(pk=ticket.pk)
        actor = actor_of(self.yard.people[who])
        decide(ticket, decision="approve", comment="", fingerprint=ticket.fingerprint, actor=actor)
        return Ticket.objects.get(pk=ticket.pk)

    def run(self, ticket: Ticket, **how: Any) -> Ticket:
        return self.hand.drive(ticket, **how)

    def edited(self, *slugs: str) -> None:
        """Projects whose jobs somebody edited by hand; from here on writes are counted."""
        for slug in slugs:
            self.yard.project(slug)
            self.yard.edit(slug)
        self.yard.quiet()


@pytest.fixture
def shift(yard: Yard) -> Shift:
    return Shift(yard, Hand(None))  # type: ignore[arg-type] - nothing of a company is asked for


def statuses(ticket: Ticket) -> dict[str, str]:
    """Status by target of the steps that write."""
    return {step.target: step.status for step in ticket.steps.filter(name="resync_job").order_by("wave", "target")}


def step_of(ticket: Ticket, target: str) -> Step:
    return ticket.steps.get(name="resync_job", target=target)
