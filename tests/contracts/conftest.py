"""Collects the results of contract statements and reports them at the end of a run.

OPSPORTAL_CONTRACT_REPORT names a file for the same as JSON. Must not: change a result.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

import pytest

from tests.contracts.report import PROPERTY, ContractReport, Side, label, outcome_of

_report = ContractReport()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    label(items)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    outcome = outcome_of(report)
    for name, value in report.user_properties:
        if name == PROPERTY and outcome is not None:
            _report.note(*cast("tuple[str, str, Side]", value), outcome)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _report.statements:
        return
    terminalreporter.section("contract statements")
    for line in _report.lines():
        terminalreporter.write_line(line)
    if path := os.environ.get("OPSPORTAL_CONTRACT_REPORT"):
        _report.write(Path(path))
