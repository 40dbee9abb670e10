"""A configuration that may come back beside an image, over HTTP: what is offered to whom, the change, and the revision."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from tests.releases.bare import configured, swept
from tests.releases.hand import SLUG, Hand
from tests.releases.test_api import API, client_of, findings, preview
from tests.support.story import Company
from tests.tickets.web import TICKETS

Json = dict[str, Any]
FORM: Json = {"reason": "orders fail since the last version"}
WHOLE: Json = {**FORM, "with_configuration": True}


def test_what_may_come_back_is_offered_beside_the_image_and_then_filed(
    company: Company, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.CONFIG, "good_after_seconds", 0.0)
    before = hand.released()
    configured(company, hand, take_over=True, args=["--mode=old"])
    first = hand.released()
    configured(company, hand, based_on=1, take_over=True, args=["--mode=new"])
    hand.released()

    alone = preview(company, "ops", "roll_back", "test", **FORM)
    offered = alone["configuration"]
    assert offered.pop("applied_at") is not None
    assert offered == {"name": SLUG, "number": 1, "in_force": 2, "secrets": [], "reason": None}
    assert (alone["can_file"], alone["changes"][0]["objects"], alone["changes"][0]["removed"]) == (True, [], [])

    whole = preview(company, "ops", "roll_back", "test", **WHOLE)
    (change,) = whole["changes"]
    lines = [line for one in change["objects"] for line in one["changes"]]
    arguments = [(line["before"], line["after"]) for line in lines if line["path"].endswith(".args")]
    assert (whole["can_file"], arguments) == (True, [(["--mode=new"], ["--mode=old"])])

    earlier = preview(company, "ops", "roll_back", "test", release=before.tag, **WHOLE)
    assert earlier["configuration"]["reason"]["code"] == "rollback.no_configuration"
    assert (earlier["can_file"], findings(earlier)) == (False, [("deny", "rollback.no_configuration")])

    owners = preview(company, "owner", "roll_back", "test", **FORM)
    assert (owners["can_file"], owners["configuration"]["number"]) == (True, None)
    assert owners["configuration"]["reason"]["code"] == "policy.needs_role"
    asked = {"kind": "roll_back", "project": SLUG, "environment": "test", "form": WHOLE}
    assert client_of(company, "owner").post(f"{TICKETS}preview", asked).status_code == 403
    assert client_of(company, "owner").post(TICKETS, asked).status_code == 403

    filed = client_of(company, "ops").post(TICKETS, {**asked, "form": {**WHOLE, "release": first.tag}})
    assert filed.status_code == 201, filed.content
    url = f"{API}projects/{SLUG}/configurations/test/{SLUG}/revisions/"
    newest = client_of(company, "developer").get(url).json()["results"][0]
    told = {name: newest[name] for name in ("number", "brought_back_from", "note", "applied_at", "ticket")}
    assert told == {
        "number": 3,
        "brought_back_from": 1,
        "note": FORM["reason"],
        "applied_at": None,
        "ticket": filed.json()["id"],
    }
    swept(company, "test-1")


def test_a_promote_offers_no_configuration(company: Company, hand: Hand) -> None:
    release = hand.passed()
    assert preview(company, "developer", "promote", "production", release=release.tag)["configuration"] is None
