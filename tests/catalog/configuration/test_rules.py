"""What a document may not say: shape, and what members say to each other; each with its place and its numbers."""

from __future__ import annotations

from typing import Any

import pytest

from apps.catalog.configuration.schema import schema_for
from apps.catalog.configuration.validate import check_shape
from apps.common.errors import Invalid
from apps.common.messages import sentence
from tests.catalog.configuration.samples import codes, problems, refused

MIB = 1 << 20


def http(**more: Any) -> dict[str, Any]:
    return {"type": "http", "path": "/healthz", "port": 8080, **more}


def one_port(port: int) -> list[dict[str, Any]]:
    return [{"name": "http", "port": port}]


REFUSED = [
    ({"replicas": 201}, {"/replicas": ["configuration.too_large"]}),
    ({"replicas": -1}, {"/replicas": ["configuration.too_small"]}),
    ({"replicas": "3"}, {"/replicas": ["configuration.wrong_type"]}),
    ({"replicas": True}, {"/replicas": ["configuration.wrong_type"]}),
    ({"replicas": 3.0}, {"/replicas": ["configuration.wrong_type"]}),
    ({"replicas": None}, {"/replicas": ["configuration.wrong_type"]}),
    ({"replica": 3}, {"/replica": ["configuration.unknown_member"]}),
    ({"importance": "high"}, {"/importance": ["configuration.not_a_choice"]}),
    ({"log_path": "/var/log/app.log"}, {"/log_path": ["configuration.not_a_choice"]}),
    ({"java": {}}, {"/java": ["configuration.java_only"]}),
    ({"autoscaling": {"cpu": 1}}, {"/autoscaling/cpu": ["configuration.unknown_member"]}),
    ({"resources": {"memory_limit": "1g"}}, {"/resources/memory_limit": ["quantity.memory_meant"]}),
    ({"resources": {"cpu_limit": "two"}}, {"/resources/cpu_limit": ["quantity.bad_cpu"]}),
    ({"resources": {"cpu_limit": "9" * 21}}, {"/resources/cpu_limit": ["configuration.too_long"]}),
    ({"ports": [{"port": 80}]}, {"/ports/0/name": ["configuration.missing"]}),
    ({"ports": [{"name": "a", "port": 65536}]}, {"/ports/0/port": ["configuration.too_large"]}),
    (
        {"ports": [{"name": "a", "port": 80}, {"name": "a", "port": 80}]},
        {"/ports/1/name": ["configuration.repeated"], "/ports/1/port": ["configuration.repeated"]},
    ),
    ({"ports": one_port(80) * 21}, {"/ports": ["configuration.too_many"]}),
    ({"exposure": {"inside_only": True, "host": "a.b"}}, {"/exposure/host": ["configuration.host_inside_only"]}),
    (
        {"probes": {"readiness": {"type": "http"}}},
        {
            "/probes/readiness/path": ["configuration.probe_needs"],
            "/probes/readiness/port": ["configuration.probe_needs"],
        },
    ),
    ({"probes": {"liveness": {"type": "tcp"}}}, {"/probes/liveness/port": ["configuration.probe_needs"]}),
    (
        {"probes": {"startup": {"type": "exec", "command": []}}},
        {"/probes/startup/command": ["configuration.probe_needs"]},
    ),
    ({"probes": {"liveness": http(command=["x"])}}, {"/probes/liveness/command": ["configuration.probe_has_no"]}),
    ({"probes": {"liveness": {**http(), "type": "tcp"}}}, {"/probes/liveness/path": ["configuration.probe_has_no"]}),
    (
        {"probes": {"liveness": http(port=81)}, "ports": one_port(80)},
        {"/probes/liveness/port": ["configuration.probe_port_unknown"]},
    ),
    ({"probes": {"liveness": http(path="healthz")}}, {"/probes/liveness/path": ["configuration.bad_url_path"]}),
    (
        {"probes": {"liveness": http(period_seconds=0)}},
        {"/probes/liveness/period_seconds": ["configuration.too_small"]},
    ),
    ({"hosts": {"entries": [{"ip": "10.0.0.256", "names": ["a"]}]}}, {"/hosts/entries/0/ip": ["configuration.bad_ip"]}),
    ({"hosts": {"entries": [{"ip": "10.0.0.1", "names": []}]}}, {"/hosts/entries/0/names": ["configuration.too_few"]}),
    (
        {"hosts": {"entries": [{"ip": "::1", "names": ["A"]}]}},
        {"/hosts/entries/0/names/0": ["configuration.bad_host_name"]},
    ),
    (
        {"hosts": {"entries": [{"ip": "10.0.0.1", "names": ["a"]}, {"ip": "10.0.0.2", "names": ["b", "a"]}]}},
        {"/hosts/entries/1/names/1": ["configuration.repeated"]},
    ),
    ({"environment": [{"name": "1A"}]}, {"/environment/0/name": ["configuration.bad_variable_name"]}),
    ({"environment": [{"name": "A"}, {"name": "A"}]}, {"/environment/1/name": ["configuration.repeated"]}),
    (
        {"environment": [{"name": "A"}], "secrets": [{"name": "A", "key": "a"}]},
        {"/secrets/0/name": ["configuration.repeated"]},
    ),
    (
        {"secrets": [{"name": "A", "key": "a/b", "secret": "X"}]},
        {"/secrets/0/key": ["configuration.bad_data_key"], "/secrets/0/secret": ["configuration.bad_object_name"]},
    ),
    ({"pull_secret": "A"}, {"/pull_secret": ["configuration.bad_object_name"]}),
    ({"files": [{"path": "a"}]}, {"/files/0/path": ["configuration.bad_file_path"]}),
    ({"files": [{"path": "/a"}, {"path": "/a"}]}, {"/files/1/path": ["configuration.repeated"]}),
    ({"files": [{"path": "/a/b"}, {"path": "/a"}]}, {"/files/0/path": ["configuration.file_is_a_folder"]}),
    (
        {"files": [{"path": "/a", "content": "x" * (MIB // 2)}, {"path": "/b", "content": "ü" * (MIB // 4) + "x"}]},
        {"/files": ["configuration.files_too_large"]},
    ),
    ({"schedule": "* * * * *"}, {"/schedule": ["configuration.schedule_needs_a_cron"]}),
    ({"time_zone": "Asia/Shangri-La"}, {"/time_zone": ["configuration.unknown_time_zone"]}),
    ({"placement": {"node_labels": {"a b": "x"}}}, {"/placement/node_labels/a b": ["configuration.bad_label_key"]}),
    (
        {"placement": {"node_labels": {"x.y/z": "-"}}},
        {"/placement/node_labels/x.y~1z": ["configuration.bad_label_value"]},
    ),
    ({"placement": {"spread": "moon"}}, {"/placement/spread": ["configuration.not_a_choice"]}),
    ({"pre_rollout": {}}, {"/pre_rollout/command": ["configuration.missing"]}),
    ({"pre_rollout": {"command": []}}, {"/pre_rollout/command": ["configuration.too_few"]}),
    ({"disruption": {"max_unavailable": 0}}, {"/disruption/max_unavailable": ["configuration.too_small"]}),
    ({"command": "npm start"}, {"/command": ["configuration.wrong_type"]}),
    ({"sidecar": {"logging": "yes"}}, {"/sidecar/logging": ["configuration.wrong_type"]}),
    ({"workload": "worker"}, {"/workload": ["configuration.other_workload"]}),
    ({"workload": "job"}, {"/workload": ["configuration.not_a_choice"]}),
]


@pytest.mark.parametrize(("document", "expected"), REFUSED)
def test_a_document_is_refused_at_its_place(document: dict[str, Any], expected: dict[str, list[str]]) -> None:
    assert codes(document) == expected


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"exposure": {"inside_only": False, "host": "book.example.com"}},
        {"probes": {"readiness": http(), "liveness": {"type": "tcp", "port": 8080, "path": "", "command": []}}},
        {"probes": {"startup": {"type": "exec", "command": ["true"]}}},
        {"hosts": {"entries": [{"ip": "10.0.0.1", "names": ["a"]}, {"ip": "::1", "names": ["a"]}]}},
        {"files": [{"path": "/a/b", "content": "x" * MIB}, {"path": "/a/bc"}]},
        {"environment": [{"name": "A", "value": "{project}"}], "secrets": [{"name": "B", "key": "a"}]},
        {"placement": {"node_labels": {"example.com/disk": "ssd", "plain": ""}}},
        {"autoscaling": None, "disruption": None, "pre_rollout": None, "time_zone": ""},
        {"replicas": 0},
        {"replicas": 200},
    ],
)
def test_a_sound_document_is_accepted(document: dict[str, Any]) -> None:
    assert codes(document) == {}


def test_java_is_for_java() -> None:
    assert codes({"java": {"heap": "2g", "gc_threads": 2}}, "java") == {}
    assert codes({"java": {"heap": "2Gi"}}, "java") == {"/java/heap": ["quantity.bad_heap"]}


def test_a_cron_has_a_schedule_and_nothing_that_replicas_need() -> None:
    assert codes({}, workload="cron") == {"/schedule": ["configuration.schedule_missing"]}
    assert codes({"schedule": "0 3 * * 7"}, workload="cron") == {"/schedule": ["configuration.cron_field"]}
    assert codes({"schedule": "0 3 * * *", "autoscaling": {}, "disruption": {}}, workload="cron") == {
        "/autoscaling": ["configuration.not_for_a_cron"],
        "/disruption": ["configuration.not_for_a_cron"],
    }


@pytest.mark.parametrize("workload", ["worker", "cron"])
def test_only_a_service_has_ports_and_a_host(workload: str) -> None:
    found = codes(
        {"ports": one_port(80), "exposure": {"inside_only": False, "host": "a.b"}, "schedule": ""}, workload=workload
    )
    assert found["/ports"] == ["configuration.ports_need_a_service"]
    assert found["/exposure/host"] == ["configuration.host_needs_a_service"]


@pytest.mark.parametrize("probe", [http(), {"type": "tcp", "port": 8080}])
def test_a_worker_is_asked_by_a_command_only(probe: dict[str, Any]) -> None:
    found = codes({"probes": {"liveness": probe}}, workload="worker")
    assert found == {"/probes/liveness/port": ["configuration.probe_needs_a_service"]}
    assert codes({"probes": {"liveness": {"type": "exec", "command": ["true"]}}}, workload="worker") == {}


def test_a_member_of_a_wrong_shape_does_not_hide_the_rules_of_the_others() -> None:
    found = codes({"ports": "http", "environment": [{"name": "A"}, {"name": "A"}]})
    assert found == {"/ports": ["configuration.wrong_type"], "/environment/1/name": ["configuration.repeated"]}


def test_an_edited_schema_may_be_narrower_but_never_wider_than_the_contract() -> None:
    schema = schema_for("go", "test")
    schema["properties"]["replicas"] |= {"maximum": 5}
    schema["properties"]["ports"] = {"type": "array", "items": {"type": "string", "maxLength": 9}, "maxItems": 3}
    schema["properties"]["team"] = {"type": "string", "maxLength": 9}
    code, _ = refused(check_shape, {"replicas": 6}, schema)
    assert code == "invalid"
    with pytest.raises(Invalid) as caught:
        check_shape({"ports": ["http"], "team": "book"}, schema)
    assert caught.value.fields is not None
    assert list(caught.value.fields) == ["/ports/0"]
    check_shape({"team": "book", "replicas": 5}, schema)


def test_a_name_somebody_made_up_is_cut_in_the_answer() -> None:
    assert codes({"x" * 5000: 1}) == {"/" + "x" * 200: ["configuration.unknown_member"]}


def test_entries_of_a_list_or_map_that_is_too_long_are_not_looked_at() -> None:
    assert codes({"ports": [{"name": "1"}] * 21}) == {"/ports": ["configuration.too_many"]}
    labels = {f"a b{n}": "-" for n in range(51)}
    assert codes({"placement": {"node_labels": labels}}) == {"/placement/node_labels": ["configuration.too_many"]}


def test_a_document_that_is_wrong_everywhere_gets_a_bounded_answer() -> None:
    found = problems({"environment": [{"name": "1"}] * 500})
    assert len(found) == 200


@pytest.mark.parametrize(
    ("document", "place", "text"),
    [
        ({"replicas": 201}, "/replicas", "replicas must be at most 200."),
        ({"ports": [{"name": "http"}]}, "/ports/0/port", "ports[0].port is missing; it has no default."),
        (
            {"resources": {"memory_limit": "1g"}},
            "/resources/memory_limit",
            "“1g” is not how Kubernetes writes memory: it knows Ki, Mi and Gi (steps of 1024), M and G (steps of 1000), and m "
            "behind memory is a thousandth of a byte. Did you mean 1Gi?",
        ),
        (
            {"probes": {"liveness": http(port=81)}, "ports": one_port(80)},
            "/probes/liveness/port",
            "probes.liveness.port: 81 is none of the workload's ports (80). Use one of them, or add it to the ports.",
        ),
        ({"log_path": "x"}, "/log_path", 'log_path must be one of: "", stdout.'),
        ({"replicas": "x"}, "/replicas", "replicas has another type than expected: integer."),
        (
            {"environment": [{"name": "A"}, {"name": "A"}]},
            "/environment/1/name",
            "environment[1].name: “A” is there already, at environment[0].name. Remove one of them.",
        ),
    ],
)
def test_the_sentence_says_what_is_wrong_and_what_to_do(document: dict[str, Any], place: str, text: str) -> None:
    (problem,) = problems(document)[place]
    assert sentence(problem["code"], problem["params"], "en") == text
    assert "–" not in sentence(problem["code"], problem["params"], "zh")
