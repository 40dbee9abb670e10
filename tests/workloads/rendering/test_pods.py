"""Pod templates: files and their checksum, hosts, where pods go."""

from __future__ import annotations

import re
from typing import Any

import pytest

from apps.workloads.rendering import HostEntry, render
from apps.workloads.rendering.files import key_of
from tests.workloads.rendering.documents import completed, subject
from tests.workloads.rendering.parts import of_kind, pod, refused

Json = dict[str, Any]


# -- files --------------------------------------------------------------------------------------------------------
def test_a_changed_file_changes_the_pod_template_and_a_new_revision_does_not() -> None:
    def template(content: str, revision: int) -> Json:
        files = [{"path": "/etc/a", "content": content}]
        made = of_kind(render(completed(files=files), subject(revision=revision)), "Deployment")
        return dict(made["spec"]["template"])

    assert template("1", 7) == template("1", 8)
    first, second = (template(text, 7)["metadata"]["annotations"] for text in ("1", "2"))
    assert first.keys() == second.keys() == {"opsportal.io/files-checksum"}
    assert first != second


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/etc/app/a.yml", "etc__app__a.yml"),
        ("/etc/app_a.yml", "etc__app_5fa.yml"),
        ("/etc/app__a.yml", "etc__app_5f_5fa.yml"),
        ("/.env", "_2eenv"),
        ("/..data/x", "_2e.data__x"),
        ("/é 1", "_c3_a9_201"),
    ],
)
def test_a_path_becomes_a_key_that_no_other_path_becomes(path: str, key: str) -> None:
    assert key_of(path) == key
    assert re.fullmatch(r"[-._a-zA-Z0-9]+", key)
    assert not key.startswith("..")


def test_long_paths_have_keys_that_kubernetes_takes_and_that_differ() -> None:
    keys = {key_of("/" + "a" * length) for length in (253, 254, 255)}
    assert (len(keys), max(len(key) for key in keys)) == (3, 253)


@pytest.mark.parametrize("path", ["etc/a", "/", "/etc/", "/etc/../a", "/etc//a", "//etc/a", "/a:b", "/./a", ""])
def test_a_path_that_cannot_be_mounted_is_refused(path: str) -> None:
    assert refused(completed(files=[{"path": path, "content": ""}])) == ("rendering.file_path", {"path": path})


def test_a_file_twice_and_more_than_a_mebibyte_are_refused() -> None:
    file = {"path": "/a", "content": "x"}
    assert refused(completed(files=[file, file])) == ("rendering.file_twice", {"path": "/a"})
    big = [{"path": "/a", "content": "é" * (1 << 19)}, {"path": "/b", "content": "1"}]
    found = refused(completed(files=big))
    assert found == ("rendering.files_too_large", {"size": (1 << 20) + 1, "most": 1 << 20})


# -- hosts, placing -----------------------------------------------------------------------------------------------
def test_hosts_are_merged_by_address_and_a_name_of_the_document_goes_only_where_it_says() -> None:
    environment = (
        HostEntry("10.0.0.10", ("db", "db.old")),
        HostEntry("10.0.0.9", ("mq",)),
        HostEntry("fd00:0::1", ("six",)),
        HostEntry("10.0.0.11", ("cache",)),
    )
    own = [{"ip": "10.0.0.9", "names": ["search", "a"]}, {"ip": "10.0.0.2", "names": ["db", "cache"]}]
    document = completed(hosts={"of_environment": True, "entries": own})
    (deployed,) = [o for o in render(document, subject(environment_hosts=environment)) if o["kind"] == "Deployment"]
    assert deployed["spec"]["template"]["spec"]["hostAliases"] == [
        {"ip": "10.0.0.2", "hostnames": ["cache", "db"]},
        {"ip": "10.0.0.9", "hostnames": ["a", "mq", "search"]},
        {"ip": "10.0.0.10", "hostnames": ["db.old"]},
        {"ip": "fd00::1", "hostnames": ["six"]},
    ]


def test_the_environments_hosts_stay_out_unless_asked_for_and_a_bad_address_is_refused() -> None:
    assert "hostAliases" not in pod()
    document = completed(hosts={"of_environment": False, "entries": [{"ip": "10.0.0.300", "names": ["a"]}]})
    assert refused(document) == ("rendering.host_address", {"ip": "10.0.0.300"})


@pytest.mark.parametrize(
    ("preset", "keys"),
    [
        ("none", []),
        ("hosts", ["kubernetes.io/hostname"]),
        ("racks", ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]),
    ],
)
def test_a_preset_spreads_without_ever_holding_a_pod_back(preset: str, keys: list[str]) -> None:
    found = pod(placement={"spread": preset, "node_labels": {}}).get("topologySpreadConstraints", [])
    assert [each["topologyKey"] for each in found] == keys
    assert {each["whenUnsatisfiable"] for each in found} <= {"ScheduleAnyway"}
    assert all(each["labelSelector"] == {"matchLabels": {"app.kubernetes.io/name": "book"}} for each in found)


def test_racks_that_are_hosts_are_named_once() -> None:
    document = completed(placement={"spread": "racks", "node_labels": {"disk": "ssd", "arch": "arm"}})
    made = of_kind(render(document, subject(rack_label="kubernetes.io/hostname")), "Deployment")
    spec = made["spec"]["template"]["spec"]
    assert len(spec["topologySpreadConstraints"]) == 1
    assert list(spec["nodeSelector"].items()) == [("arch", "arm"), ("disk", "ssd")]
