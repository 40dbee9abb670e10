"""The quota of a placement: what is taken, what is refused on which field, what counts where two meet."""

from __future__ import annotations

from typing import Any

import pytest

from apps.audit.models import AuditEvent
from apps.common.errors import Invalid
from apps.projects.models import Placement
from apps.projects.services.quotas import KNOWN, checked_quota, widest
from tests.projects.conftest import Office, fields
from tests.support.factories import make_cluster

URL = "/api/v1/environments/production/placements/"


def test_an_administrator_gives_a_placement_a_quota_and_changes_it(office: Office) -> None:
    make_cluster("dc1")
    client = office.client("admin")
    body = {"cluster": "dc1", "quota": {"pods": "20", "requests.cpu": "1500m"}}
    made = client.post(URL, body, format="json")
    assert (made.status_code, made.json()["quota"]) == (201, {"requests.cpu": "1500m", "pods": "20"})
    one = f"{URL}{made.json()['id']}/"
    changed = client.patch(one, {"quota": {"limits.memory": "64Gi"}}, format="json")
    assert (changed.status_code, changed.json()["quota"], changed.json()["wave"]) == (200, {"limits.memory": "64Gi"}, 1)
    event = AuditEvent.objects.get(action="environment.placement_changed")
    assert event.params == {
        "before": {"quota": {"requests.cpu": "1500m", "pods": "20"}},
        "after": {"quota": {"limits.memory": "64Gi"}},
    }
    assert client.patch(one, {}, format="json").status_code == 200
    assert client.patch(one, {"quota": {}}, format="json").json()["quota"] == {}


def test_without_one_a_placement_has_none_and_nobody_else_sets_it(office: Office) -> None:
    make_cluster("dc1")
    made = office.client("admin").post(URL, {"cluster": "dc1"}, format="json")
    assert made.json()["quota"] == {}
    one = f"{URL}{made.json()['id']}/"
    assert office.client("owner").patch(one, {"quota": {"pods": "1"}}, format="json").status_code == 403
    assert Placement.objects.get(pk=made.json()["id"]).quota == {}


@pytest.mark.parametrize(
    ("quota", "code"),
    [
        ({"cpu": "2"}, "environment.unknown_quota"),
        ({"count/pods": "2"}, "environment.unknown_quota"),
        ({"requests.cpu": "two"}, "environment.bad_quota"),
        ({"requests.cpu": "-1"}, "environment.bad_quota"),
        ({"requests.cpu": "0.0005"}, "environment.bad_quota"),
        ({"limits.memory": "1g"}, "environment.bad_quota"),
        ({"limits.memory": "512m"}, "environment.bad_quota"),
        ({"pods": "1.5"}, "environment.bad_quota"),
        ({"pods": ""}, "blank"),
        ("20 pods", "not_a_dict"),
    ],
)
def test_what_a_cluster_would_not_take_as_it_is_meant_is_refused_on_the_field(
    office: Office, quota: Any, code: str
) -> None:
    make_cluster("dc1")
    answer = office.client("admin").post(URL, {"cluster": "dc1", "quota": quota}, format="json")
    found = fields(answer)
    assert (answer.status_code, [(name.partition(".")[0], found[name]) for name in found]) == (400, [("quota", code)])
    assert not Placement.objects.filter(cluster__name="dc1").exists()


def test_every_known_name_takes_an_amount_and_a_refusal_names_them_all() -> None:
    amounts = dict.fromkeys(KNOWN, "2")
    assert checked_quota(dict(reversed(amounts.items()))) == amounts
    with pytest.raises(Invalid) as refusal:
        checked_quota({"gpus": "1"})
    assert refusal.value.params == {"name": "gpus", "known": list(KNOWN)}


def test_where_placements_meet_the_greatest_of_each_name_counts() -> None:
    found = widest([{"pods": "9", "limits.memory": "1Gi"}, {}, {"limits.memory": "1100M", "requests.cpu": "500m"}])
    assert found == {"requests.cpu": "500m", "limits.memory": "1100M", "pods": "9"}
    assert widest([{}, {}]) == {}
