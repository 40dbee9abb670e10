"""Which objects a document becomes, and what holds of them: exposure, scaling, cron, names, the pre-rollout Job."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from apps.common import messages
from apps.workloads import rendering
from apps.workloads.rendering import pre_rollout_job, render
from tests.workloads.rendering.documents import KEY, completed, cron, probe, subject
from tests.workloads.rendering.parts import of_kind, refused

Json = dict[str, Any]


def kinds(document: Json, **of: Any) -> list[str]:
    return [obj["kind"] for obj in render(document, subject(**of))]


def only(document: Json, kind: str, **of: Any) -> Json:
    return of_kind(render(document, subject(**of)), kind)


def test_objects_come_in_the_order_in_which_they_are_applied() -> None:
    document = completed(
        tier="production",
        files=[{"path": "/a", "content": "1"}],
        autoscaling={"min": 3, "max": 5, "cpu_percent": 70, "memory_percent": None},
        exposure={"inside_only": False, "host": "book.example.com"},
    )
    assert kinds(document) == [
        "ConfigMap",
        "Service",
        "Deployment",
        "HorizontalPodAutoscaler",
        "Ingress",
        "PodDisruptionBudget",
    ]
    every_one = {
        "app.kubernetes.io/name": "book",
        "app.kubernetes.io/part-of": "shop",
        "app.kubernetes.io/managed-by": "opsportal",
        "opsportal.io/environment": "production",
    }
    for obj in render(document, subject(tier="production")):
        assert obj["metadata"]["labels"] == every_one
        notes = {"opsportal.io/revision": "7", "opsportal.io/template-version": "go-3"}
        assert obj["metadata"]["annotations"] == notes
        assert obj["metadata"]["namespace"] == "shop-production"


@pytest.mark.parametrize(
    ("exposure", "service", "others"),
    [
        ({"inside_only": True, "host": ""}, "ClusterIP", []),
        ({"inside_only": True, "host": "left.over"}, "ClusterIP", []),
        ({"inside_only": False, "host": ""}, "LoadBalancer", []),
        ({"inside_only": False, "host": "a.b"}, "ClusterIP", ["Ingress"]),
    ],
)
def test_two_questions_decide_how_a_service_is_reached(exposure: Json, service: str, others: list[str]) -> None:
    document = completed(exposure=exposure)
    assert kinds(document) == ["Service", "Deployment", *others]
    assert only(document, "Service")["spec"]["type"] == service


def test_a_service_without_ports_has_no_service_object_and_no_host_can_lead_to_it() -> None:
    assert kinds(completed(ports=[])) == ["Deployment"]
    document = completed(ports=[], exposure={"inside_only": False, "host": "a.b"})
    assert refused(document) == ("rendering.host_without_port", {"host": "a.b", "workload": "book"})


def test_the_ingress_leads_to_http_or_else_to_the_first_port() -> None:
    outside = {"inside_only": False, "host": "a.b"}
    ports = [{"name": "admin", "port": 1}, {"name": "http", "port": 2}]
    for given, wanted in ((ports, "http"), (ports[:1], "admin")):
        spec = only(completed(ports=given, exposure=outside), "Ingress", ingress_class="inner")["spec"]
        backend = spec["rules"][0]["http"]["paths"][0]["backend"]
        assert (spec["ingressClassName"], backend["service"]["port"]) == ("inner", {"name": wanted})


def test_where_an_autoscaler_rules_the_deployment_names_no_replicas() -> None:
    scaling = {"min": 3, "max": 10, "cpu_percent": None, "memory_percent": 80}
    document = completed(autoscaling=scaling)
    assert "replicas" not in only(document, "Deployment")["spec"]
    spec = only(document, "HorizontalPodAutoscaler")["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (3, 10)
    target = {"type": "Utilization", "averageUtilization": 80}
    assert spec["metrics"] == [{"type": "Resource", "resource": {"name": "memory", "target": target}}]
    assert only(completed(replicas=0), "Deployment")["spec"]["replicas"] == 0


def test_an_autoscaler_without_a_target_is_refused_for_the_server_would_invent_one() -> None:
    scaling = {"min": 3, "max": 10, "cpu_percent": None, "memory_percent": None}
    assert refused(completed(autoscaling=scaling)) == ("rendering.autoscaler_without_target", {"workload": "book"})


def test_a_rollout_never_has_fewer_pods_than_wanted_and_waits_longer_than_the_slowest_start() -> None:
    slow = probe(initial_delay_seconds=20, period_seconds=10, failure_threshold=90)
    probes = {"readiness": probe(), "liveness": None, "startup": slow}
    spec = only(completed(probes=probes), "Deployment")["spec"]
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}}
    assert spec["progressDeadlineSeconds"] == 20 + 900 + 5 + 30 + 120
    assert only(completed(), "Deployment")["spec"]["progressDeadlineSeconds"] == 600


def test_a_cron_is_one_object_that_never_runs_twice_at_once() -> None:
    scaling = {"min": 1, "max": 2, "cpu_percent": 1, "memory_percent": None}
    document = cron(autoscaling=scaling, disruption={"max_unavailable": 1}, ports=[{"name": "http", "port": 1}])
    (made,) = render(document, subject())
    assert (made["kind"], made["spec"]["schedule"], made["spec"]["timeZone"]) == (
        "CronJob",
        "30 2 * * *",
        "Asia/Shanghai",
    )
    assert made["spec"]["concurrencyPolicy"] == "Forbid"
    assert made["spec"]["jobTemplate"]["spec"]["backoffLimit"] == 0


@pytest.mark.parametrize(
    ("document", "of", "code"),
    [
        (cron(schedule=""), {}, "rendering.no_schedule"),
        (cron(sidecar={"logging": True}), {"sidecar_image": "x"}, "rendering.sidecar_with_cron"),
        (cron(), {"workload_name": "b" * 53}, "rendering.name_too_long"),
        (completed(), {"workload_name": "b" * 64}, "rendering.name_too_long"),
        (completed(), {"image": ""}, "rendering.no_image"),
    ],
)
def test_what_cannot_become_a_right_object_is_refused(document: Json, of: Json, code: str) -> None:
    assert refused(document, **of)[0] == code


def test_names_of_the_greatest_length_are_taken() -> None:
    assert kinds(cron(), workload_name="b" * 52) == ["CronJob"]
    assert kinds(completed(), workload_name="b" * 63) == ["Service", "Deployment"]


def test_rendering_changes_neither_the_document_nor_its_own_earlier_answer() -> None:
    document = completed(sidecar={"logging": True}, files=[{"path": "/a", "content": "1"}])
    before = repr(document)
    first = render(document, subject(sidecar_image="x"))
    assert render(document, subject(sidecar_image="x")) == first
    assert repr(document) == before


# -- the pre-rollout Job ------------------------------------------------------------------------------------------
MIGRATE = {"command": ["migrate", "$(TZ)"], "timeout_seconds": 90}


def test_a_pre_rollout_job_runs_its_command_once_with_all_that_the_workload_has() -> None:
    members = {
        "environment": [{"name": "A", "value": "1"}],
        "secrets": [{"name": "P", "secret": "s", "key": "p"}],
        "files": [{"path": "/a", "content": "1"}],
        "args": ["serve"],
    }
    document = completed(pre_rollout=MIGRATE, **members)
    job = pre_rollout_job(document, subject(key=KEY))
    assert job is not None
    spec = job["spec"]
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"], spec["ttlSecondsAfterFinished"]) == (0, 90, 604800)
    (container,) = spec["template"]["spec"]["containers"]
    assert (container["command"], container.get("args")) == (["migrate", "$$(TZ)"], None)
    served = only(document, "Deployment")["spec"]["template"]["spec"]
    for field in ("env", "volumeMounts", "image", "resources"):
        assert container[field] == served["containers"][0][field]
    assert spec["template"]["spec"]["volumes"] == served["volumes"]
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    assert pre_rollout_job(completed(), subject(key=KEY)) is None


def test_the_pods_of_the_job_are_not_found_by_the_workloads_selector() -> None:
    document = completed(pre_rollout=MIGRATE)
    job = pre_rollout_job(document, subject(key=KEY))
    assert job is not None
    labels = job["spec"]["template"]["metadata"]["labels"]
    for found in (only(document, "Service")["spec"]["selector"], only(document, "Deployment")["spec"]["selector"]):
        wanted = found.get("matchLabels", found)
        assert not wanted.items() <= labels.items()
    assert labels["opsportal.io/step-key"] == job["metadata"]["labels"]["opsportal.io/step-key"] == KEY


def test_a_jobs_name_is_that_of_its_attempt_and_never_too_long() -> None:
    def name(**of: Any) -> str:
        job = pre_rollout_job(completed(pre_rollout=MIGRATE), subject(**of))
        assert job is not None
        return str(job["metadata"]["name"])

    assert name(key="") == "book-pre-7"
    assert name(key="k") == name(key="k", revision=8) != name(key="k.2")
    long = [name(key="k", workload_name="b" * 60 + end) for end in ("aaa", "bbb")]
    assert [len(each) for each in long] == [63, 63]
    assert long[0] != long[1]


# -- sentences ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_code_that_rendering_refuses_with_has_a_sentence_and_no_sentence_is_idle(language: str) -> None:
    folder = Path(rendering.__file__).parent
    raised = {code for file in folder.glob("*.py") for code in re.findall(r'"(rendering\.\w+)"', file.read_text())}
    assert len(raised) == 14
    assert raised == {code for code in messages.catalogue(language) if code.startswith("rendering.")}
