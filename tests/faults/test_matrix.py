"""The crash matrix' own arithmetic: what it plays, what it leaves out, and that it cannot pass in silence."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.faults.matrix import __main__ as command
from tests.faults.matrix.cells import (
    FAULTS,
    POINTS,
    Cell,
    MatrixError,
    PlannedStep,
    all_cells,
    leave_out,
    part,
    read_exclusions,
    sample,
    shard,
)
from tests.faults.matrix.results import BEGIN, END, Results, table, write_into

PLANS = {  # every step of every kind's plan in the matrix, with its target
    "release": "start create_tag ensure_job start_build await_build resolve_digest take_slot"
    " run_pre_rollout:test-1 patch_image:test-1 await_rollout:test-1 call_back",
    "promote": "take_slot start copy_image:dc2-registry"
    " patch_image:dc1 await_rollout:dc1 patch_image:dc2 await_rollout:dc2 call_back",
    "roll_back": "take_slot start copy_image:dc2-registry"
    " patch_image:dc1 await_rollout:dc1 patch_image:dc2 await_rollout:dc2"
    " restore_configuration:test-1 await_rollout:test-1",
    "configure": "take_slot start apply_configuration:test-1 await_configuration:test-1",
    "project_access": "start bind_repository:gitlab add_webhook:gitlab create_job:jenkins create_namespace:test-1"
    " set_quota:test-1 grant_defaults admit_project",
    "project_removal": "start remove_workloads:test-1 remove_webhook:gitlab remove_job:jenkins"
    " remove_quota:test-1 remove_namespace:test-1 close_project",
    "resync_jobs": "start resync_job:matrix-canary-n1 resync_job:matrix-other-n1",
    "emergency_shell": "start tell_ops hold_open",
    "recycle_pod": "start delete_pod:test-1 await_successor:test-1",
}
STEPS = [PlannedStep(kind, *one.partition(":")[::2]) for kind, steps in PLANS.items() for one in steps.split()]
CELLS = all_cells(STEPS)


def test_there_is_one_cell_for_each_step_point_and_fault_however_often_the_step_was_planned() -> None:
    assert len(CELLS) == len(STEPS) * len(POINTS) * len(FAULTS) == len(set(CELLS))
    assert all_cells([*STEPS, *STEPS]) == CELLS


def test_the_exclusions_leave_out_what_no_call_follows_alone_and_each_has_its_reason() -> None:
    left = leave_out(CELLS, read_exclusions())
    out = set(CELLS) - set(left)
    only_rows = [
        ("project_access", "grant_defaults"),
        ("project_access", "admit_project"),
        ("project_removal", "close_project"),
        ("emergency_shell", "start"),
        ("emergency_shell", "tell_ops"),
        ("emergency_shell", "hold_open"),
    ]
    assert {(c.kind, c.step, c.target, c.point) for c in out} == {
        ("release", "call_back", "", "recorded"),
        ("promote", "call_back", "", "recorded"),
        ("roll_back", "await_rollout", "dc2", "recorded"),
        ("roll_back", "await_rollout", "test-1", "recorded"),
        ("configure", "await_configuration", "test-1", "recorded"),
        ("project_access", "add_webhook", "gitlab", "recorded"),
        ("project_access", "create_job", "jenkins", "recorded"),
        ("project_access", "set_quota", "test-1", "recorded"),
        ("project_removal", "remove_webhook", "gitlab", "recorded"),
        ("project_removal", "remove_job", "jenkins", "recorded"),
        ("project_removal", "remove_namespace", "test-1", "recorded"),
        ("resync_jobs", "resync_job", "matrix-other-n1", "recorded"),
        ("recycle_pod", "await_successor", "test-1", "recorded"),
        *((kind, step, "", point) for kind, step in only_rows for point in POINTS),
    }
    assert all(c.is_outside for c in out)
    assert len(out) == 259


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[[exclude]]\nkind = "release"\n', "without a reason"),
        ('[[exclude]]\nkind = "gone"\nreason = "old"\n', "covers no cell"),
        ('[[exclude]]\nkind = "release"\nreason = "all"\n', "more than a tenth"),
        ('[[exclude]]\nstage = "release"\nreason = "odd"\n', "no field"),
    ],
)
def test_an_exclusion_without_reason_without_cells_or_of_too_much_is_refused(
    tmp_path: Path, text: str, problem: str
) -> None:
    path = tmp_path / "exclusions.toml"
    path.write_text(text)
    with pytest.raises(MatrixError, match=problem):
        leave_out(CELLS, read_exclusions(path))


def test_shards_share_the_cells_out_and_a_sample_begins_with_every_step_fault_and_point() -> None:
    assert sorted(shard(CELLS, "1/2") + shard(CELLS, "2/2")) == CELLS
    assert part("1/2", 2, 2) == "3/4"
    assert sorted(shard(CELLS, part("1/2", 1, 2)) + shard(CELLS, "3/4")) == sorted(shard(CELLS, "1/2"))
    with pytest.raises(MatrixError):
        shard(CELLS, "3/2")
    order, cover = sample(CELLS, 7)
    assert sorted(order) == CELLS
    assert sample(CELLS, 7) == (order, cover)
    assert sample(CELLS, 8)[0] != order
    first = order[:cover]
    assert {(c.kind, c.step, c.target) for c in first} == {(s.kind, s.step, s.target) for s in STEPS}
    assert {c.fault for c in first} == set(FAULTS)
    assert {c.point for c in first} == set(POINTS)
    assert cover == len(STEPS)


def line_of(cell: Cell, *, passed: bool, retried: bool = False) -> dict[str, object]:
    return {**cell.__dict__, "passed": passed, "retried": retried, "seconds": 1.0, "end": "", "why": ""}


def test_only_the_newest_line_of_this_very_tree_counts_and_the_table_says_what_was_retried(tmp_path: Path) -> None:
    results = Results(tmp_path / "lines.jsonl")
    one, two = CELLS[0], CELLS[1]
    results.add(line_of(one, passed=False))
    results.add(line_of(one, passed=True, retried=True))
    results.tree = "another"
    results.add(line_of(two, passed=True))
    results = Results(tmp_path / "lines.jsonl")
    assert {cell: line["passed"] for cell, line in results.read().items()} == {one: True}
    assert len(Results(tmp_path / "lines.jsonl", any_tree=True).read()) == 2
    text = table(results.read().values(), 3)
    assert f"| {one.fault} | 1/1 (1) |" in text
    assert "1 of 1 cells passed, 3 are left out" in text
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_into(page, text)
    assert page.read_text() == f"before\n{BEGIN}\n{text}\n{END}\nafter\n"
    with pytest.raises(ValueError, match="no place"):
        write_into(Path(__file__).with_name("exclusions.toml"), text)


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[Cell]:
    """Cells are not played: one of a 409 is red, the others are green. What was asked for."""
    for name in ("FULL", "SEED", "SHARD"):  # what `make test-faults` was told is not for the runs in here
        monkeypatch.delenv(name, raising=False)
    asked: list[Cell] = []

    def play(_stage: object, cell: Cell) -> dict[str, object]:
        asked.append(cell)
        return line_of(cell, passed=cell.fault != "409")

    monkeypatch.setattr("tests.faults.matrix.play.play", play)
    return asked


def run(tmp_path: Path, cells: list[Cell], *argv: str) -> int:
    asked = command.arguments([*argv, "--results", str(tmp_path / "lines.jsonl"), "--jobs=1", "--seed=7"])
    assert command._start_helpers(asked) == []  # one job: this process alone
    command.START = time.monotonic()  # this process may have been at other tests for long
    return command._run(asked, None, cells, [])


def test_the_command_fails_when_a_cell_is_red_or_none_of_some_step_was_played(
    tmp_path: Path, played: list[Cell], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, CELLS, "--full") == 1
    assert set(played) == set(leave_out(CELLS, read_exclusions()))
    told = capsys.readouterr().out
    assert f"RED {next(c for c in sorted(played) if c.fault == '409').name}" in told
    assert "| 409 | 0/" in told
    del played[:]
    assert run(tmp_path, CELLS, "--full") == 1  # what has passed is not played again
    assert {c.fault for c in played} == {"409"}
    assert run(tmp_path, CELLS) == 1
    assert "SEED=7" in capsys.readouterr().out
    green = [c for c in CELLS if c.fault != "409"]
    assert run(tmp_path, green) == 0
    assert run(tmp_path, green, f"--seconds={-2 * command.COVER_SECONDS}") == 1
    assert "cells have no line yet" in capsys.readouterr().out


def test_the_table_reaches_its_page_only_when_no_cell_is_missing(tmp_path: Path, played: list[Cell]) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}\n{END}\n")
    green = [c for c in CELLS if c.fault != "409"]
    assert run(tmp_path, green, "--full", "--shard=1/2", f"--document={page}") == 0
    assert page.read_text() == f"{BEGIN}\n{END}\n"
    assert run(tmp_path, green, "--full", "--shard=2/2", f"--document={page}") == 0
    assert "Measured at commit" in page.read_text()
