"""Every route declares an action of the table; a new one without fails here."""

from __future__ import annotations

import pytest
from django.conf import settings

from apps.policy.routes import undeclared_routes


def test_every_route_of_the_portal_declares_its_action() -> None:
    found = undeclared_routes(settings.ROOT_URLCONF)
    assert [route for route in found if "api/probe/" not in route] == []


@pytest.mark.urls("tests.common.urls")
def test_the_walk_finds_an_undeclared_route() -> None:
    assert undeclared_routes("tests.common.urls") == ["GET api/probe/undeclared", "ANY api/probe/plain"]
