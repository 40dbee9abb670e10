"""Texts of a certain form: names, addresses, paths, schedules, time zones."""

from __future__ import annotations

import pytest

from apps.catalog.configuration.formats import FORMATS, fault_of

GOOD = {
    "cpu-quantity": ["", "500m", "2", "0.5"],
    "memory-quantity": ["", "1Gi", "512Mi", "1G", "1000000"],
    "java-size": ["2g", "1536m", "64K"],
    "time-zone": ["", "Asia/Shanghai", "UTC", "America/Argentina/Buenos_Aires"],
    "ip-address": ["10.0.0.1", "::1", "2001:db8::1"],
    "url-path": ["", "/", "/healthz", "/a/b?x=1"],
    "file-path": ["/etc/app/config.yaml", "/a", "/a b/ü"],
    "cron": ["", "* * * * *", "*/5 0-6 1,15 JAN-mar mon-FRI", "0 3 ? * 0", "3-59/15 2/4 31 12 6", "0  3 * * *"],
    "port-name": ["http", "grpc-2", "8a", "a" * 15],
    "host-name": ["a", "db.internal", "1.example.com", "a" * 63 + ".b"],
    "ingress-host": ["", "book.example.com"],
    "object-name": ["", "db-password", "a.b"],
    "data-key": ["password", "A_b-c.1", ".dockerconfigjson"],
    "variable-name": ["LOG_LEVEL", "_x", "spring.profiles.active", "a-b"],
    "label-key": ["disk", "example.com/disk", "A_b.c-d", "a" * 63],
    "label-value": ["", "ssd", "A_b.c-d", "1"],
}
BAD = {
    "cpu-quantity": {"1k": "quantity.bad_cpu", "0.1m": "quantity.cpu_too_fine", "0": "quantity.zero"},
    "memory-quantity": {"1g": "quantity.memory_meant", "x": "quantity.bad_memory", "0Mi": "quantity.zero"},
    "java-size": {"": "quantity.bad_heap", "1Gi": "quantity.bad_heap", "0m": "quantity.zero"},
    "time-zone": dict.fromkeys(["Asia/Shanghay", "../etc/passwd", "asia/shanghai"], "configuration.unknown_time_zone"),
    "ip-address": dict.fromkeys(
        ["", "10.0.0", "10.0.0.01", "256.1.1.1", "fe80::1%eth0", "10.0.0.1/8", "host"], "configuration.bad_ip"
    ),
    "url-path": dict.fromkeys(["healthz", "/a b", "/ü", "/a\n", "http://x/"], "configuration.bad_url_path"),
    "file-path": dict.fromkeys(
        ["", "/", "etc/x", "/a/../b", "/a/./b", "//a", "/a/", "/a:b", "/a\nb", "/" + "a" * 256, "~/.x"],
        "configuration.bad_file_path",
    ),
    "port-name": dict.fromkeys(
        ["", "HTTP", "a" * 16, "80", "-a", "a-", "a--b", "a_b", "http\n"], "configuration.bad_port_name"
    ),
    "host-name": dict.fromkeys(
        ["", "Db", "-a", "a-", "a..b", "a.", "a_b", "a" * 64, "a b", "a\n", "a." * 127 + "a"],
        "configuration.bad_host_name",
    ),
    "ingress-host": dict.fromkeys(["10.0.0.1", "Book.example.com", "*.x.com"], "configuration.bad_ingress_host"),
    "object-name": dict.fromkeys(["A", "a/b", "a\n"], "configuration.bad_object_name"),
    "data-key": dict.fromkeys(["", ".", "..", "..a", "a/b", "a\n", "a" * 254], "configuration.bad_data_key"),
    "variable-name": dict.fromkeys(
        ["", "1A", "A B", "A=B", ".", "..", "..a", "A\n", "Ä"], "configuration.bad_variable_name"
    ),
    "label-key": dict.fromkeys(["", "/a", "a/", "A/b", "a/b/c", "-a", "a" * 64, "a\n"], "configuration.bad_label_key"),
    "label-value": dict.fromkeys(["-a", "a-", "a b", "a" * 64, "a\n"], "configuration.bad_label_value"),
}
BAD_CRON = {
    "* * * *": ("configuration.cron_fields", {"given": "4"}),
    "0 3 * * * *": ("configuration.cron_fields", {"given": "6"}),
    "@daily": ("configuration.cron_fields", {"given": "1"}),
    "60 * * * *": ("configuration.cron_field", {"field": "minute", "value": "60", "least": 0, "most": 59}),
    "* 24 * * *": ("configuration.cron_field", {"field": "hour", "value": "24", "least": 0, "most": 23}),
    "* * 0 * *": ("configuration.cron_field", {"field": "day", "value": "0", "least": 1, "most": 31}),
    "* * * foo *": ("configuration.cron_field", {"field": "month", "value": "foo", "least": 1, "most": 12}),
    "* * * * 7": ("configuration.cron_field", {"field": "weekday", "value": "7", "least": 0, "most": 6}),
    "5-1 * * * *": ("configuration.cron_field", {"field": "minute", "value": "5-1", "least": 0, "most": 59}),
    "*/0 * * * *": ("configuration.cron_field", {"field": "minute", "value": "*/0", "least": 0, "most": 59}),
    "*-5 * * * *": ("configuration.cron_field", {"field": "minute", "value": "*-5", "least": 0, "most": 59}),
    "1, * * * *": ("configuration.cron_field", {"field": "minute", "value": "", "least": 0, "most": 59}),
    "１ * * * *": ("configuration.cron_field", {"field": "minute", "value": "１", "least": 0, "most": 59}),
    "* * * mon *": ("configuration.cron_field", {"field": "month", "value": "mon", "least": 1, "most": 12}),
}


def test_every_format_is_tried_both_ways() -> None:
    assert GOOD.keys() == FORMATS.keys()
    assert BAD.keys() | {"cron"} == FORMATS.keys()


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in GOOD.items() for text in texts])
def test_a_good_text_is_accepted(kind: str, text: str) -> None:
    assert fault_of(kind, text) is None


@pytest.mark.parametrize(
    ("kind", "text", "code"), [(kind, text, code) for kind, texts in BAD.items() for text, code in texts.items()]
)
def test_a_bad_text_is_refused(kind: str, text: str, code: str) -> None:
    fault = fault_of(kind, text)
    assert fault is not None
    assert fault[0] == code


@pytest.mark.parametrize(("text", "fault"), BAD_CRON.items())
def test_a_bad_schedule_is_refused_with_the_field(text: str, fault: object) -> None:
    assert fault_of("cron", text) == fault


def test_memory_as_java_writes_it_is_explained() -> None:
    assert fault_of("memory-quantity", "1g") == ("quantity.memory_meant", {"value": "1g", "suggestion": "1Gi"})


def test_a_text_that_is_too_long_is_not_looked_at() -> None:
    assert fault_of("cpu-quantity", "9" * 100_000) is None
    assert fault_of("no-such-format", "x") is None
