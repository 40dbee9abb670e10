"""An intake as CSV (RFC 4180, UTF-8, with or without BOM): the documented columns in, out, and as a template.

What is wrong with the file is refused with its lines, all at once; what is wrong with a value is a row's problem. Must
not: write a cell that a spreadsheet would run as a formula, or take one character of a value for a command.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from apps.access.models import IntakeRow
from apps.common.errors import Invalid

MOST_BYTES = 1_000_000
MOST_ROWS = 1000
MOST_PROBLEMS = 50
BOM = "\ufeff"
LISTS = ("environments", "owners")
TEXTS = ("slug", "name", "language", "gitlab", "gitlab_path", "jenkins", "job", "registry", "image_repository")
MIGRATION = ("migration", "container_weight", "container_servers", "servers")
COLUMNS = (*TEXTS, *LISTS, "workloads", *MIGRATION)
NEEDED = ("slug", "language", "gitlab_path")
TOLD = ("state", "problem")  # written into an export, passed over in a file that comes back
FORMULA = ("=", "+", "-", "@", "\t", "\r")
PARTS = ("environment", "cluster", "deployment", "container")
LONGEST = {field.name: field.max_length or 0 for field in IntakeRow._meta.fields if field.name in TEXTS}
EXAMPLE = {
    "slug": "book-tomcat-n1",
    "name": "Book",
    "language": "java",
    "gitlab_path": "shop/book",
    "job": "book-tomcat-n1",
    "environments": "test;production",
    "owners": "chen;dev",
    "workloads": "test/test-1/book-tomcat-n1/app;production/dc1/book-tomcat-n1/app",
    "migration": "container",
    "container_weight": "100",
    "container_servers": "10.0.0.8:80",
}
Json = dict[str, Any]


def read_table(text: str) -> list[Json]:
    """The columns of one row each, `number` being its line; Invalid under `csv` with what is wrong with the file."""
    if len(text.encode()) > MOST_BYTES:
        raise _refused([_problem("intake.csv_too_large", limit=MOST_BYTES)])
    reader = csv.reader(io.StringIO(text.removeprefix(BOM), newline=""), strict=True)
    rows: list[Json] = []
    problems: list[Json] = []
    header: list[str] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            problems.append(_problem("intake.csv_unreadable", line=line, said=str(error)[:200]))
            break
        if not any(cell.strip() for cell in cells):
            continue
        if not header:
            header = _header(cells, problems)
            continue
        if len(cells) != len(header):
            problems.append(_problem("intake.csv_cells", line=line, found=len(cells), wanted=len(header)))
            continue
        rows.append(_row(line, dict(zip(header, cells, strict=True)), problems))
        if len(rows) > MOST_ROWS:
            problems.append(_problem("intake.csv_too_many", limit=MOST_ROWS))
            break
    if not rows and not problems:
        problems.append(_problem("intake.csv_empty"))
    if problems:
        raise _refused(problems[:MOST_PROBLEMS])
    return rows


def _header(cells: list[str], problems: list[Json]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    for name in names:
        if name not in COLUMNS + TOLD:
            problems.append(_problem("intake.csv_column", line=1, column=name[:100]))
        elif names.count(name) > 1:
            problems.append(_problem("intake.csv_column_twice", line=1, column=name))
    problems += [_problem("intake.csv_column_missing", line=1, column=name) for name in NEEDED if name not in names]
    return names


def _row(line: int, cells: dict[str, str], problems: list[Json]) -> Json:
    cells = {name: _typed(cell) for name, cell in cells.items()}
    row: Json = {name: cells.get(name, "") for name in TEXTS}
    for name in TEXTS:
        if len(row[name]) > LONGEST[name]:
            params = {"column": name, "limit": LONGEST[name]}
            problems.append(_problem("intake.csv_too_long", line=line, **params))
    row |= {name: _listed(cells.get(name, "")) for name in LISTS}
    row["workloads"] = []
    for text in _listed(cells.get("workloads", "")):
        parts = text.split("/")
        if len(parts) != len(PARTS) or not all(parts[:3]):
            problems.append(_problem("intake.csv_workload", line=line, value=text[:200]))
        else:
            row["workloads"].append(dict(zip(PARTS, parts, strict=True)))
    row["migration"] = _migration(line, cells, problems)
    return {"number": line, **row}


def _migration(line: int, cells: dict[str, str], problems: list[Json]) -> Json:
    state, weight = cells.get("migration", ""), cells.get("container_weight", "")
    servers = {name: _listed(cells.get(name, "")) for name in ("container_servers", "servers")}
    given: Json = {"state": state or "vm"} if state or weight or any(servers.values()) else {}
    given |= {name: found for name, found in servers.items() if found}
    if weight and not (weight.isascii() and weight.isdigit() and len(weight) < 4):
        problems.append(_problem("intake.csv_number", line=line, column="container_weight", value=weight[:100]))
    elif weight:
        given["container_weight"] = int(weight)
    return given


def _typed(cell: str) -> str:
    """The value as it was meant: the apostrophe in front of what looks like a formula is a spreadsheet's."""
    text = cell.strip()
    return text[1:].strip() if text.startswith("'") and text[1:].startswith(FORMULA) else text


def _listed(cell: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in cell.split(";") if part.strip()))


def template() -> str:
    """The header and one example."""
    return _written(COLUMNS, [[EXAMPLE.get(name, "") for name in COLUMNS]])


def export(rows: Iterable[IntakeRow]) -> str:
    """The rows in the columns that `read_table` takes, with their state and problems behind."""
    return _written((*COLUMNS, *TOLD), [_cells(row) for row in rows])


def _cells(row: IntakeRow) -> list[str]:
    migration = row.migration
    weight = migration.get("container_weight")
    workloads = ["/".join(str(one.get(part, "")) for part in PARTS) for one in row.workloads]
    codes = [f"{name}: {one['code']}" for name, found in row.problems.items() for one in found]
    return [
        *(getattr(row, name) for name in TEXTS),
        *(";".join(getattr(row, name)) for name in LISTS),
        ";".join(workloads),
        migration.get("state", ""),
        "" if weight is None else str(weight),
        *(";".join(migration.get(name, [])) for name in ("container_servers", "servers")),
        row.state,
        "; ".join([*codes, *([row.error["code"]] if row.error else [])]),
    ]


def _written(header: Iterable[str], rows: Iterable[list[str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return BOM + out.getvalue()


def _safe(cell: str) -> str:
    """OWASP, "CSV Injection": an apostrophe in front keeps a spreadsheet from running it."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _problem(code: str, **params: Any) -> Json:
    return {"code": code, "params": params}


def _refused(problems: list[Json]) -> Invalid:
    return Invalid(fields={"csv": problems})
