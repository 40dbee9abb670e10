"""Statements of wire/kubernetes.md on lists and watches: versions, pages, selectors, events, 410."""

from __future__ import annotations

import base64
import json

import pytest

from tests.contracts.kubernetes_fixtures import kube, ns
from tests.contracts.kubernetes_wire import MERGE, Obj, Wire
from tests.contracts.statements import statement

__all__ = ["kube", "ns"]

MAPS = "/api/v1/namespaces/{}/configmaps"
OURS = {"labelSelector": "ours=yes"}


def names(listed: Obj) -> list[str]:
    return [item["metadata"]["name"] for item in listed["items"]]


@pytest.fixture
def five(kube: Wire, ns: str) -> str:
    for number in range(5):
        kube.configmap(ns, f"c{number}", {"n": str(number)}, labels={"ours": "yes", "n": str(number)})
    return MAPS.format(ns)


# -- lists ----------------------------------------------------------------------------------------------------
@statement("kubernetes.pages", "kubernetes.md §4")
def test_pages_of_a_list_share_one_version_even_when_the_world_moves_on(kube: Wire, five: str) -> None:
    query = {"limit": "2", **OURS}
    first = kube.call("GET", five, query=query).good()
    assert names(first) == ["c0", "c1"]
    kube.call("DELETE", five + "/c2").good()
    token = first["metadata"]["continue"]
    decoded = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    assert (decoded["v"], decoded["rv"]) == ("meta.k8s.io/v1", int(first["metadata"]["resourceVersion"]))
    second = kube.call("GET", five, query={**query, "continue": token}).good()
    assert names(second) == ["c2", "c3"]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    last = kube.call("GET", five, query={**query, "continue": second["metadata"]["continue"]}).good()
    assert names(last) == ["c4"]
    assert last["metadata"] == {"resourceVersion": first["metadata"]["resourceVersion"]}


@statement("kubernetes.remaining", "kubernetes.md §4")
def test_the_remaining_count_is_told_without_a_selector_only(kube: Wire, five: str) -> None:
    total = len(kube.call("GET", five).good()["items"])
    assert kube.call("GET", five, query={"limit": "2"}).good()["metadata"]["remainingItemCount"] == total - 2
    assert "remainingItemCount" not in kube.call("GET", five, query={"limit": "2", **OURS}).good()["metadata"]


@statement("kubernetes.bad-list-options", "kubernetes.md §4")
def test_bad_list_options_are_400(kube: Wire, five: str) -> None:
    def told(**query: str) -> str:
        code, reason, message = kube.call("GET", five, query=query).told
        assert (code, reason) == (400, "BadRequest")
        return message

    assert told(limit="abc") == 'strconv.ParseInt: parsing "abc": invalid syntax'
    assert told(**{"continue": "garbage"}).startswith("invalid continue token: continue key is not valid: ")
    assert told(resourceVersion="abc").startswith('invalid resource version: resourceVersion: Invalid value: "abc": ')
    assert told(labelSelector="a in (1").startswith("unable to parse requirement: found '")
    assert told(fieldSelector="status.replicas=1") == (
        '"status.replicas" is not a known field selector: only "metadata.name", "metadata.namespace"'
    )


@statement("kubernetes.future-list", "kubernetes.md §3")
def test_a_list_at_a_future_version_is_504_after_a_while(kube: Wire, five: str) -> None:
    answer = kube.call("GET", five, query={"resourceVersion": "999999999"})
    assert answer.told[:2] == (504, "Timeout")
    assert answer.told[2].startswith("Timeout: Too large resource version: 999999999, current: ")
    assert answer.headers["Retry-After"] == "1"
    assert answer.details["retryAfterSeconds"] == 1


@statement("kubernetes.expired-list", "kubernetes.md §4")
def test_a_list_at_exactly_a_forgotten_version_is_410_expired(kube: Wire, five: str) -> None:
    answer = kube.call("GET", five, query={"resourceVersion": "1", "resourceVersionMatch": "Exact"})
    assert answer.told == (410, "Expired", "The resourceVersion for the provided list is too old.")


@statement("kubernetes.expired-token", "kubernetes.md §4")
def test_an_expired_token_is_410_with_a_fresh_one_to_go_on_with(kube: Wire, five: str) -> None:
    old = json.dumps({"v": "meta.k8s.io/v1", "rv": 1, "start": "/c2\0"}, separators=(",", ":")).encode()
    token = base64.urlsafe_b64encode(old).decode().rstrip("=")
    answer = kube.call("GET", five, query={"limit": "9", "continue": token, **OURS})
    assert answer.told[:2] == (410, "Expired")
    fresh = answer.json["metadata"]["continue"]
    assert names(kube.call("GET", five, query={"limit": "9", "continue": fresh, **OURS}).good()) == ["c3", "c4"]


@statement("kubernetes.label-selectors", "kubernetes.md §4")
@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("n=1", ["c1"]),
        ("n==1", ["c1"]),
        ("ours=yes,n!=1", ["c0", "c2", "c3", "c4"]),
        ("n in (1, 3)", ["c1", "c3"]),
        ("ours,n notin (1,2,3)", ["c0", "c4"]),
        ("n>2", ["c3", "c4"]),
        ("ours,!n", []),
    ],
)
def test_label_selectors_select(kube: Wire, five: str, selector: str, found: list[str]) -> None:
    assert names(kube.call("GET", five, query={"labelSelector": selector}).good()) == found


@statement("kubernetes.unequal-matches-absent", "kubernetes.md §4")
def test_unequal_also_matches_objects_without_the_label(kube: Wire, five: str, ns: str) -> None:
    kube.configmap(ns, "bare")
    assert "bare" in names(kube.call("GET", five, query={"labelSelector": "n!=1"}).good())


@statement("kubernetes.field-selectors", "kubernetes.md §4")
def test_field_selectors_select_by_name(kube: Wire, five: str) -> None:
    assert names(kube.call("GET", five, query={"fieldSelector": "metadata.name=c3"}).good()) == ["c3"]


# -- watches --------------------------------------------------------------------------------------------------
@statement("kubernetes.watch-replay", "kubernetes.md §4")
def test_a_watch_replays_everything_after_its_version_and_nothing_else(kube: Wire, five: str, ns: str) -> None:
    version = kube.call("GET", five).version
    made = kube.configmap(ns, "w1", {"a": "1"})
    changed = kube.patch(five + "/w1", {"data": {"a": "2"}}, MERGE)
    kube.patch(five + "/w1", {"data": {"a": "2"}}, MERGE).good()
    kube.call("DELETE", five + "/w1").good()
    with kube.watch(five, resourceVersion=version, timeoutSeconds="1") as events:
        seen = list(events)
    assert [e["type"] for e in seen] == ["ADDED", "MODIFIED", "DELETED"]
    assert all(e["object"]["kind"] == "ConfigMap" and e["object"]["apiVersion"] == "v1" for e in seen)
    versions = [e["object"]["metadata"]["resourceVersion"] for e in seen]
    assert versions[:2] == [made["metadata"]["resourceVersion"], changed.version]
    assert seen[2]["object"]["data"] == {"a": "2"}
    assert int(versions[2]) > int(versions[1])


@statement("kubernetes.watch-live", "kubernetes.md §4")
def test_a_watch_tells_changes_as_they_come(kube: Wire, five: str, ns: str) -> None:
    version = kube.call("GET", five).version
    with kube.watch(five, resourceVersion=version, timeoutSeconds="20") as events:
        for number in range(3):
            kube.configmap(ns, f"live{number}")
            event = next(events)
            assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", f"live{number}")


@statement("kubernetes.watch-from-start", "kubernetes.md §4")
@pytest.mark.parametrize("version", [None, "0"])
def test_a_watch_without_a_version_begins_with_what_is_there(kube: Wire, five: str, version: str | None) -> None:
    query = {"timeoutSeconds": "1", **OURS, **({"resourceVersion": version} if version else {})}
    with kube.watch(five, **query) as events:
        assert sorted((e["type"], e["object"]["metadata"]["name"]) for e in events) == [
            ("ADDED", f"c{number}") for number in range(5)
        ]


@statement("kubernetes.watch-too-old", "kubernetes.md §4")
def test_a_watch_from_a_forgotten_version_is_200_with_one_error_event(kube: Wire, five: str) -> None:
    with kube.watch(five, resourceVersion="1", timeoutSeconds="5") as events:
        (event,) = list(events)
    assert event["type"] == "ERROR"
    status = event["object"]
    assert (status["kind"], status["reason"], status["code"]) == ("Status", "Expired", 410)
    assert status["message"].startswith("too old resource version: 1 (")


@statement("kubernetes.watch-selector", "kubernetes.md §4")
def test_what_stops_matching_is_deleted_with_its_old_content_and_what_starts_is_added(kube: Wire, five: str) -> None:
    version = kube.call("GET", five).version
    left = kube.patch(five + "/c1", {"metadata": {"labels": {"ours": "no"}}, "data": {"n": "left"}}, MERGE)
    kube.patch(five + "/c1", {"metadata": {"labels": {"ours": "yes"}}}, MERGE).good()
    with kube.watch(five, resourceVersion=version, timeoutSeconds="1", **OURS) as events:
        gone, back = list(events)
    assert (gone["type"], back["type"]) == ("DELETED", "ADDED")
    assert gone["object"]["data"] == {"n": "1"}
    assert gone["object"]["metadata"]["labels"]["ours"] == "yes"
    assert gone["object"]["metadata"]["resourceVersion"] == left.version
    assert back["object"]["data"] == {"n": "left"}


@statement("kubernetes.watch-bad-version", "kubernetes.md §4")
def test_a_watch_at_a_version_that_is_no_number_is_500(kube: Wire, five: str) -> None:
    answer = kube.call("GET", five, query={"watch": "1", "resourceVersion": "abc"})
    assert answer.status == 500
    assert answer.json["message"].startswith('resourceVersion: Invalid value: "abc": ')


@statement("kubernetes.watch-initial-events", "kubernetes.md §4")
def test_initial_events_are_refused(kube: Wire, five: str) -> None:
    query = {"watch": "1", "sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
    assert kube.call("GET", five, query=query).told[:2] == (422, "Invalid")


@statement("kubernetes.watch-single-ignored", "kubernetes.md §4")
def test_watch_on_a_single_object_is_a_plain_get(kube: Wire, five: str) -> None:
    assert kube.call("GET", five + "/c1", query={"watch": "1"}).good()["metadata"]["name"] == "c1"
