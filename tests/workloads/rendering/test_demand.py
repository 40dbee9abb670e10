"""What a document asks of a quota, and what does not fit, exactly."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from apps.integrations.kubernetes.quantities import from_server
from apps.workloads.rendering import Demand, Shortfall, demand, demand_of_pods, fits
from tests.workloads.rendering.documents import completed, cron

GIB = 1 << 30
SIZES = {"cpu_request": "500m", "cpu_limit": "1", "memory_request": "1Gi", "memory_limit": "1536Mi"}
JOB = {"command": ["x"], "timeout_seconds": 1}


def asked(pods: int) -> Demand:
    return Demand(pods, Fraction(pods, 2), Fraction(pods), Fraction(pods * GIB), Fraction(pods * GIB * 3, 2))


@pytest.mark.parametrize(
    ("members", "pods"),
    [
        ({"replicas": 3}, 4),
        ({"replicas": 3, "pre_rollout": JOB}, 4),
        ({"replicas": 0}, 0),
        ({"replicas": 0, "pre_rollout": JOB}, 1),
        ({"replicas": 3, "autoscaling": {"min": 3, "max": 10, "cpu_percent": 70, "memory_percent": None}}, 11),
    ],
)
def test_a_demand_is_that_of_the_greatest_number_of_pods_and_one_of_a_rollout(members: Any, pods: int) -> None:
    assert demand(completed(resources=SIZES, **members)) == asked(pods)


def test_a_cron_asks_for_one_pod_and_its_pre_rollout_job_for_another() -> None:
    assert demand(cron(resources=SIZES)) == asked(1)
    assert demand(cron(resources=SIZES, pre_rollout=JOB)) == asked(2)


def test_a_request_that_is_not_set_is_the_limit_and_a_sidecar_counts() -> None:
    sizes = {"cpu_request": "", "cpu_limit": "", "memory_request": "", "memory_limit": "1Gi"}
    found = demand_of_pods(completed(resources=sizes, sidecar={"logging": True}), 2)
    amount = Fraction(2 * (GIB + 128 * (1 << 20)))
    assert found == Demand(2, None, None, amount, amount)


def test_what_does_not_fit_is_named_with_its_numbers() -> None:
    hard = {"requests.cpu": "3", "limits.memory": "6Gi", "pods": "8", "count/configmaps": "2", "services": "1"}
    used = {"requests.cpu": "1500m", "limits.memory": "3Gi", "pods": "3", "count/configmaps": "2"}
    assert fits(asked(4), hard, used) == [
        Shortfall("requests.cpu", "3", "1500m", "2", "500m"),
        Shortfall("limits.memory", "6Gi", "3Gi", "6Gi", "3Gi"),
    ]


def test_what_the_workload_itself_uses_is_given_back() -> None:
    hard, used = {"requests.cpu": "3", "cpu": "3", "pods": "4"}, {"requests.cpu": "2500m", "cpu": "2500m", "pods": "4"}
    assert fits(asked(4), hard, used, asked(3)) == [Shortfall("pods", "4", "1", "4", "1")]
    assert fits(asked(3), hard, used, asked(3)) == []


def test_an_amount_that_a_quota_counts_and_the_document_does_not_name_is_a_shortfall_too() -> None:
    none = Demand(1, None, None, None, None)
    found = fits(none, {"limits.cpu": "4", "pods": "1"}, {"limits.cpu": "1", "pods": "0"})
    assert found == [Shortfall("limits.cpu", "4", "1", "", "", is_unset=True)]


def test_a_thousandth_of_a_core_and_a_byte_too_many_do_not_fit() -> None:
    one = Demand(1, Fraction(1), Fraction(1), Fraction(GIB), Fraction(GIB))
    assert fits(one, {"cpu": "1", "memory": "1Gi"}, {"cpu": "0", "memory": "0"}) == []
    found = fits(one, {"cpu": "1", "memory": "1Gi"}, {"cpu": "1m", "memory": "1"})
    assert [(each.resource, each.missing) for each in found] == [("cpu", "1m"), ("memory", "1")]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1288490188800m", Fraction(1288490188800, 1000)),
        ("1e3", Fraction(1000)),
        ("1E", Fraction(10**18)),
        ("2Ei", Fraction(2 * 1024**6)),
        ("12k", Fraction(12000)),
        ("100n", Fraction(1, 10**7)),
        ("5.", Fraction(5)),
        (7, Fraction(7)),
        ("", None),
        ("1x", None),
        ("1e999", None),
    ],
)
def test_a_clusters_own_way_to_write_a_quantity_is_read(text: str | int, number: Fraction | None) -> None:
    assert from_server(text) == number
