"""The exports: YAML that every reader takes for the same, and a Helm chart in which no text can become template."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from apps.workloads.rendering import chart, render, to_yaml, values
from tests.workloads.rendering.cases import CASES
from tests.workloads.rendering.documents import NASTY, completed, subject

Json = dict[str, Any]
ACTION = re.compile(r'\{\{ (?:(?P<printed>"\{\{")|\.Values\.(?P<name>[a-z]+) \| toJson) \}\}')
ODD = [
    "yes",
    "No",
    "y",
    "null",
    "~",
    "",
    "1e3",
    "0x1F",
    "0o17",
    "1_000",
    "190:20:30",
    "2026-01-02",
    ".5",
    ".inf",
    "-",
    "- a",
    "a: b",
    "a #b",
    " lead",
    "trail ",
    "a\nb",
    "a\nb\n",
    "\n\na\n\n",
    "  a\n b\n",
    "a \nb",
    "tab\there\nx",
    "cr\r\nlf",
    "nel\u0085x\ny",
    "sep\u2028x\ny",
    "\ufeffbom",
    "é数😀\nx",
    "%x",
    "@x",
    "`x",
    "!x",
    "&x",
    "*x",
    "{}",
    "[]",
    "'",
    '"',
    "\\",
    "---",
    "...\n---\n",
    "a" * 200 + " " + "b" * 200,
    NASTY,
    "{{",
    "{{{",
    "{{{{{",
    "{{- x -}}",
    '{{ "{{" }}',
    "{\n{",
    "opsportal.value.image",
    "opsportal.valuex.image",
]


def with_odd_texts() -> list[Json]:
    """Objects that hold every odd text, as a file, in the file's key and as a variable."""
    files = [{"path": f"/f/{place}", "content": text} for place, text in enumerate(ODD)]
    variables = [{"name": f"V{place}", "value": text} for place, text in enumerate(ODD)]
    labels = {"{{ .Values.image }}": "{{"}
    document = completed(
        files=files, environment=variables, args=ODD, placement={"spread": "none", "node_labels": labels}
    )
    return render(document, subject())


def test_every_text_is_read_back_as_it_was() -> None:
    objects = with_odd_texts()
    assert list(yaml.safe_load_all(to_yaml(objects))) == objects


@pytest.mark.parametrize("text", ["yes", "y", "1e3", "0x1F", "012", "2026-01-02", "~", "null", "1_0", "500m", ".5", ""])
def test_what_some_reader_would_take_for_something_else_is_quoted(text: str) -> None:
    assert to_yaml([{"a": text}]) == f'---\na: "{text}"\n'


def test_lines_stand_as_a_literal_block_and_documents_in_the_order_given() -> None:
    assert to_yaml([{"b": "x\ny\n", "a": 1}, {"c": True}]) == "---\nb: |\n  x\n  y\na: 1\n---\nc: true\n"


def test_a_shared_part_is_written_out_twice() -> None:
    shared = {"x": "z"}
    assert to_yaml([{"a": shared, "b": shared}]) == "---\na:\n  x: z\nb:\n  x: z\n"


# -- the chart ----------------------------------------------------------------------------------------------------
def evaluated(template: str, values: Json) -> str:
    """What Helm prints, of the two constructs that charts use; any other one is a failure."""
    parts, end = [], 0
    while (begin := template.find("{{", end)) >= 0:
        action = ACTION.match(template, begin)
        assert action, template[begin : begin + 60]
        printed = action["printed"]
        parts += [template[end:begin], "{{" if printed else json.dumps(values[action["name"]], sort_keys=True)]
        end = action.end()
    return "".join([*parts, template[end:]])


def installed(files: dict[str, str]) -> list[Json]:
    """The objects of a chart with its own values, as Kubernetes would get them."""
    values = yaml.safe_load(files["values.yaml"])
    texts = [evaluated(text, values) for path, text in files.items() if path.startswith("templates/")]
    return [yaml.safe_load(text) for text in texts]


@pytest.mark.parametrize("name", sorted(set(CASES) - {"namespace", "pre-rollout"}))
def test_a_chart_installs_exactly_the_objects_of_the_plain_yaml(name: str) -> None:
    language = "python" if name in ("cron", "worker") else "java"
    objects = CASES[name]()
    files = chart(objects, subject(language))
    assert installed(files) == list(yaml.safe_load_all(to_yaml(objects)))
    assert values(objects, subject(language)) == files["values.yaml"]


def test_without_what_runs_there_is_nothing_to_set() -> None:
    objects = [one for one in render(completed(), subject()) if one["kind"] != "Deployment"]
    assert values(objects, subject()) == ""


def test_no_text_of_a_document_becomes_template() -> None:
    objects = with_odd_texts()
    files = chart(objects, subject())
    assert installed(files) == objects
    ours = re.findall(r"\{\{ \.Values\.\w+ \| toJson \}\}", "".join(files.values()))
    assert sorted(ours) == [f"{{{{ .Values.{name} | toJson }}}}" for name in ("image", "replicas", "resources")]


def test_values_are_what_an_installer_changes_and_the_chart_says_what_it_is() -> None:
    files = chart(render(completed(), subject()), subject())
    assert sorted(files) == ["Chart.yaml", "templates/deployment.yaml", "templates/service.yaml", "values.yaml"]
    assert yaml.safe_load(files["Chart.yaml"]) == {
        "apiVersion": "v2",
        "name": "book",
        "description": "book of shop in test",
        "type": "application",
        "version": "0.1.7",
        "appVersion": "go-3",
    }
    values = yaml.safe_load(files["values.yaml"])
    assert values.keys() == {"replicas", "image", "resources"}
    changed = evaluated(files["templates/deployment.yaml"], {**values, "image": "other:1", "replicas": 9})
    spec = yaml.safe_load(changed)["spec"]
    assert (spec["replicas"], spec["template"]["spec"]["containers"][0]["image"]) == (9, "other:1")
