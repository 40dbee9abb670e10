"""Values of closed sets stand in sentences as words of the language: every value of every set has its word in both."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from apps.access.models_intake import Intake
from apps.common import messages
from apps.policy.actions import ROLES
from apps.projects.models import MigrationRevision, Project, Tier
from apps.tickets.models import TicketStatus

SETS: dict[str, Iterable[str]] = {
    "intake_state": Intake.State.values,
    "migration_state": MigrationRevision.State.values,
    "project_stage": Project.Stage.values,
    "role": ROLES,
    "terminal_revoked": ("pod", "project", "role"),  # what apps/terminals says was lost
    "ticket_status": TicketStatus.values,
    "tier": Tier.values,
}


def test_every_value_of_a_closed_set_has_its_word_and_no_word_stands_for_nothing() -> None:
    wanted = {f"word.{name}.{value}" for name, values in SETS.items() for value in values} | {messages.LIST_COMMA}
    for language in messages.LANGUAGES:
        assert {code for code in messages.catalogue(language) if code.startswith("word.")} == wanted


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_sentences_name_only_sets_that_exist_and_every_set_is_used(language: str) -> None:
    texts = messages.catalogue(language).values()
    assert frozenset[str]().union(*map(messages.words_of, texts)) == SETS.keys()


@pytest.mark.parametrize("stage", Project.Stage.values)
def test_a_projects_stage_is_never_the_raw_word_in_chinese(stage: str) -> None:
    told = messages.sentence("project.not_active", {"project": "pay", "stage": stage}, "zh")
    assert told == f"项目 pay 的状态为“{messages.catalogue('zh')[f'word.project_stage.{stage}']}”，不能提交工单或修改。"
    assert stage not in told


def test_a_value_without_a_word_is_shown_as_it_is() -> None:
    about = {"project": "pay", "stage": "mothballed"}
    told = messages.sentence("project.not_active", about, "en")
    assert told == "The project pay is mothballed, so nothing can be filed or changed for it."
