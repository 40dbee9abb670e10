"""A CSV in the documented columns: every problem with its line, nothing that a spreadsheet runs, and the same back."""

from __future__ import annotations

from typing import Any

import pytest

from apps.access.intake import table
from apps.access.models import Intake, IntakeRow
from apps.audit.models import AuditEvent
from apps.common.errors import Invalid
from apps.projects.models import MigrationRevision, Project, Resource
from tests.access.conftest import project_on
from tests.access.intake.conftest import Desk, slug_of

HEAD = "slug,language,gitlab_path"


def refused(text: str) -> list[tuple[str, Any]]:
    """(code, line) of everything that is wrong with a file."""
    with pytest.raises(Invalid) as caught:
        table.read_table(text)
    assert caught.value.fields is not None
    return [(one["code"], one["params"].get("line")) for one in caught.value.fields["csv"]]


def test_the_template_is_read_back_as_its_example() -> None:
    rows = table.read_table(table.template())
    assert rows == [
        {
            "number": 2,
            "slug": "book-tomcat-n1",
            "name": "Book",
            "language": "java",
            "gitlab": "",
            "gitlab_path": "shop/book",
            "jenkins": "",
            "job": "book-tomcat-n1",
            "registry": "",
            "image_repository": "",
            "environments": ["test", "production"],
            "owners": ["chen", "dev"],
            "workloads": [
                {"environment": "test", "cluster": "test-1", "deployment": "book-tomcat-n1", "container": "app"},
                {"environment": "production", "cluster": "dc1", "deployment": "book-tomcat-n1", "container": "app"},
            ],
            "migration": {"state": "container", "container_servers": ["10.0.0.8:80"], "container_weight": 100},
        }
    ]
    assert table.template().startswith("\ufeff")


def test_lines_are_those_of_the_file_with_quotes_over_several_and_empty_ones() -> None:
    text = f'\ufeff{HEAD},name\r\n\r\na-n1,java,t/a,"two\r\nlines"\r\nb-n1,go,t/b,B\r\n'
    assert [(row["number"], row["slug"]) for row in table.read_table(text)] == [(3, "a-n1"), (5, "b-n1")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("intake.csv_empty", None)]),
        (HEAD, [("intake.csv_empty", None)]),
        ("slug,colour\na,b", [
            ("intake.csv_column", 1), ("intake.csv_column_missing", 1), ("intake.csv_column_missing", 1)
        ]),
        (f"{HEAD},slug\na,b,c,d", [("intake.csv_column_twice", 1), ("intake.csv_column_twice", 1)]),
        (f"{HEAD}\na,b\nc,d,e,f", [("intake.csv_cells", 2), ("intake.csv_cells", 3)]),
        (f'{HEAD}\na,b,"c" d', [("intake.csv_unreadable", 2)]),
        (f"{HEAD},workloads\na,b,c,test/dc1", [("intake.csv_workload", 2)]),
        (f"{HEAD},container_weight\na,b,c,many", [("intake.csv_number", 2)]),
        (f"{HEAD}\na,{'x' * 41},c", [("intake.csv_too_long", 2)]),
        (HEAD + "\na,b,c" * 1001, [("intake.csv_too_many", None)]),
        (HEAD + "\n" + "x" * 1_000_000, [("intake.csv_too_large", None)]),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_with_its_lines(text: str, expected: list[Any]) -> None:
    assert refused(text) == expected


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_an_export_runs_nothing_and_comes_back_as_it_was(value: str) -> None:
    row = IntakeRow(number=2, slug="a-n1", name=value, language="java", gitlab_path="t/a")
    cells = table.export([row]).splitlines()[1].split(",")
    assert cells[1].startswith("'")
    assert table.read_table(table.export([row]))[0]["name"] == value.strip()


def test_every_row_tells_what_is_wrong_with_it(desk: Desk, services: list[str]) -> None:
    project_on(desk.company.servers, "taken-n1")
    answer = desk.csv(
        f"{HEAD},environments,owners,workloads,migration",
        f"Bad_Name,cobol,team/{slug_of(0)},moon,nobody,moon/dc9/x/app,sideways",
        f"taken-n1,java,team/{slug_of(1)},test,owner,test/test-1/x/,vm",
        f"twin-n1,java,team/{slug_of(2)},test,owner,,",
        f"twin-n1,java,team/{slug_of(3)},test,owner,,",
        ",,,,,,vm",
        f"good-n1,java,team/{slug_of(4)},test,owner,,",
    )
    assert answer.status_code == 201, answer.content
    assert answer.json()["counts"] == {
        "rows": 6,
        "waiting": 6,
        "taken": 0,
        "failed": 0,
        "exists": 0,
        "ticked": 1,
        "due": 1,
        "problems": 5,
        "certain": 6,
        "likely": 0,
        "unsure": 0,
    }
    rows = desk.get(f"{answer.json()['id']}/rows/").json()["results"]
    told = [
        (row["number"], {name: [one["code"] for one in found] for name, found in row["problems"].items()})
        for row in rows
    ]
    assert told == [
        (2, {
            "slug": ["project.bad_name"],
            "language": ["does_not_exist"],
            "environments": ["does_not_exist"],
            "owners": ["does_not_exist"],
            "workloads": ["workload.no_placement"],
            "migration": ["invalid_choice"],
        }),
        (3, {"slug": ["project.name_taken"], "workloads": ["intake.container_unclear"]}),
        (4, {"slug": ["intake.slug_twice"]}),
        (5, {"slug": ["intake.slug_twice"]}),
        (6, {"slug": ["required"], "name": ["required"], "language": ["required"], "gitlab_path": ["required"]}),
        (7, {}),
    ]  # fmt: skip
    said = rows[1]["problems"]["slug"][0]["detail"]
    assert said == "The name “taken-n1” is taken by another project. Choose another suffix."
    assert Project.objects.filter(slug="good-n1").count() == 0


def test_a_row_of_a_csv_becomes_a_project_with_its_servers_and_its_traffic(desk: Desk, services: list[str]) -> None:
    answer = desk.csv(
        f"{HEAD},job,environments,owners,workloads,migration,container_weight,container_servers,servers",
        f"own-n1,java,team/{slug_of(5)},{slug_of(5)},production,owner;ops,test/test-1/{slug_of(5)}/app,"
        "mixed,20,10.0.0.8:80,10.0.0.5:8080;10.0.0.6:8080",
    )
    intake = desk.take(Intake.objects.get(pk=answer.json()["id"]))
    row = intake.rows.get()
    assert (row.state, row.error) == ("taken", None)
    project = Project.objects.get(slug="own-n1")
    assert sorted(project.owners.values_list("username", flat=True)) == ["ops", "owner"]
    assert sorted(project.environments.values_list("environment__slug", flat=True)) == ["production", "test"]
    assert list(Resource.objects.filter(project=project).order_by("id").values_list("kind", "address")) == [
        ("server", "10.0.0.5:8080"), ("server", "10.0.0.6:8080")
    ]  # fmt: skip
    assert list(MigrationRevision.objects.filter(project=project).values_list("state", "container_weight")) == [
        ("mixed", 20), ("mixed", 20)
    ]  # fmt: skip


def test_two_rows_of_one_name_are_freed_by_renaming_one(desk: Desk, services: list[str]) -> None:
    answer = desk.csv(HEAD, f"twin-n1,java,team/{slug_of(2)}", f"twin-n1,java,team/{slug_of(3)}")
    first, second = IntakeRow.objects.filter(intake=answer.json()["id"]).order_by("number")
    refusal = desk.patch(first, is_ticked=True)
    assert (refusal.status_code, refusal.json()["code"]) == (409, "intake.row_has_problems")
    assert desk.patch(second, slug="other-n1", is_ticked=True).json()["is_ticked"] is True
    first.refresh_from_db()
    assert first.problems == {}


def test_many_rows_are_given_an_owner_and_a_language_at_once(desk: Desk, services: list[str]) -> None:
    lines = [f"many-{number}-n1,,team/{slug_of(number)}" for number in range(5)]
    intake = desk.csv(HEAD, *lines).json()["id"]
    body = {"filter": {"has_problems": True}, "values": {"language": "go", "owners": ["owner"]}}
    assert desk.post(f"{intake}/correct/", body).json() == {"changed": 5}
    assert desk.post(f"{intake}/tick/", {"filter": {"q": "many-"}}).json() == {"changed": 5, "passed_over": 0}
    assert set(IntakeRow.objects.filter(intake=intake).values_list("language", "is_ticked")) == {("go", True)}


def test_nobody_but_an_administrator_sees_or_starts_an_intake(desk: Desk) -> None:
    for who in ("developer", "ops", "owner"):
        for answer in (desk.get(who=who), desk.get("template/", who=who), desk.post("", {"source": "found"}, who=who)):
            assert answer.status_code == 403, (who, answer.content)
    assert Intake.objects.count() == 0
    assert AuditEvent.objects.filter(action="intake.manage", outcome="refused").count() == 9


def test_the_files_come_as_attachments_with_a_byte_order_mark(desk: Desk, services: list[str]) -> None:
    intake = desk.csv(HEAD, f"file-n1,java,team/{slug_of(6)}").json()["id"]
    for path, name in (("template/", "intake-template"), (f"{intake}/csv/", f"intake-{intake}")):
        answer = desk.get(path)
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert answer["Content-Disposition"] == f'attachment; filename="{name}.csv"'
        assert answer.content.startswith(b"\xef\xbb\xbfslug,")
