"""The report itself, and the rules every statement keeps: one id, one test, a source that names a wire document."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.report import WIRE_DOCUMENTS, ContractReport

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent


def written_statements() -> Iterator[tuple[str, ast.Call]]:
    """Every `@statement(…)` on a test of this folder, with its place."""
    for path in sorted(FOLDER.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for mark in node.decorator_list:
                    if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "statement":
                        yield f"{path.name}::{node.name}", mark


def test_every_statement_has_an_id_and_a_source_in_plain_words() -> None:
    for place, mark in written_statements():
        words = [argument.value for argument in mark.args if isinstance(argument, ast.Constant)]
        assert len(words) == 2, f"{place}: id and source must be written out"
        assert all(isinstance(word, str) and word for word in words), place


def test_every_id_is_unique() -> None:
    places: dict[str, str] = {}
    for place, mark in written_statements():
        ident = ast.literal_eval(mark.args[0])
        assert ident not in places, f"{ident} stands on {places[ident]} and on {place}"
        places[ident] = place
    assert places


def test_every_source_names_a_wire_document_and_a_place_in_it() -> None:
    for place, mark in written_statements():
        document, _, section = ast.literal_eval(mark.args[1]).partition(" ")
        assert document in WIRE_DOCUMENTS, f"{place}: {document} is none of {sorted(WIRE_DOCUMENTS)}"
        assert section, f"{place}: where in {document}?"


def test_a_failure_outweighs_a_pass_and_a_pass_outweighs_a_skip() -> None:
    report = ContractReport()
    report.note("a", "registry.md §1", "here", "passed")
    report.note("a", "registry.md §1", "here", "failed")
    report.note("a", "registry.md §1", "here", "skipped")
    report.note("a", "registry.md §1", "there", "skipped")
    report.note("b", "gitlab.md §2", "here", "skipped")
    report.note("b", "gitlab.md §2", "here", "passed")
    assert report.totals() == {
        "here": {"passed": 1, "failed": 1, "skipped": 0, "not asked": 0},
        "there": {"passed": 0, "failed": 0, "skipped": 1, "not asked": 1},
    }
    assert report.lines() == [
        "gitlab.md: 1 statements",
        "  here (stand-in): 1 passed",
        "  there (real): 1 not asked",
        "registry.md: 1 statements",
        "  here (stand-in): 1 failed",
        "  there (real): 1 skipped",
        "FAILED here: a (registry.md §1)",
    ]


SUITE = """
import pytest
from tests.contracts.statements import statement

@pytest.fixture(params=["standin", "real"])
def server(request):
    if request.param == "real":
        pytest.skip("none")
    return request.param

@statement("x.one", "registry.md §1")
def test_one(server):
    assert server

@statement("x.{second}", "registry.md §2")
@pytest.mark.parametrize("n", [1, 2])
def test_two(n):
    assert n == 1
"""


def run(folder: Path, second: str) -> subprocess.CompletedProcess[str]:
    """A run of its own over two statements in a folder of its own."""
    (folder / "conftest.py").write_text((FOLDER / "conftest.py").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = contract: x\n", encoding="utf-8")
    (folder / "test_x.py").write_text(SUITE.replace("{second}", second), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPSPORTAL_CONTRACT_REPORT": str(folder / "report.json")}
    for name in ("DJANGO_SETTINGS_MODULE", "PYTEST_ADDOPTS"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "pytest", "-p", "no:django", "-p", "no:cacheprovider", "-q", str(folder)]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_a_run_ends_with_a_section_and_a_file(tmp_path: Path) -> None:
    done = run(tmp_path, "two")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    section = done.stdout.partition(" contract statements ")[2].splitlines()[1:5]
    assert section == [
        "registry.md: 2 statements",
        "  here (stand-in): 1 passed, 1 failed",
        "  there (real): 1 skipped, 1 not asked",
        "FAILED here: x.two (registry.md §2)",
    ]
    written = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert written["rows"] == [
        {"id": "x.one", "source": "registry.md §1", "tests": 2, "here": "passed", "there": "skipped"},
        {"id": "x.two", "source": "registry.md §2", "tests": 2, "here": "failed"},
    ]


def test_one_id_on_two_tests_ends_the_run_before_it_begins(tmp_path: Path) -> None:
    done = run(tmp_path, "one")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "contract id 'x.one' stands on two tests: test_x.py::test_one and test_x.py::test_two" in done.stderr
    assert not (tmp_path / "report.json").exists()
