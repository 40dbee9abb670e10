"""The first account of a new portal, by command."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import AccountLink, User
from apps.audit.models import AuditEvent
from tests.accounts.factories import PASSWORD, browser, make_user
from tests.accounts.test_invitations import redeem

pytestmark = [pytest.mark.urls("tests.common.urls"), pytest.mark.django_db]


def createadmin(*args: str) -> list[str]:
    out = io.StringIO()
    call_command("createadmin", *args, stdout=out)
    return out.getvalue().splitlines()


def test_without_a_password_it_prints_a_link_that_works_once() -> None:
    said = createadmin("Gao.Ming", "--link", "--email", "gao@example.com", "--display-name", "Gao Ming")
    assert said[0] == "gao.ming is an instance administrator. Set the password here, once:"
    assert said[1].startswith("http://testserver/welcome#")
    user = User.objects.get()
    assert (user.username, user.email, user.display_name) == ("gao.ming", "gao@example.com", "Gao Ming")
    assert (user.is_instance_admin, user.has_usable_password()) == (True, False)
    assert said[2] == f"The link works until {AccountLink.objects.get().expires_at.isoformat(timespec='minutes')}."
    client = browser()
    assert redeem(said[1], client).json()["may"]["user.manage"] is True
    assert redeem(said[1]).status_code == 404
    events = AuditEvent.objects.order_by("id").values_list("action", "actor_kind", "actor_name")[:2]
    assert list(events) == [
        ("user.created", "system", "createadmin"),
        ("account_link.created", "system", "createadmin"),
    ]


def test_a_password_comes_from_stdin_and_then_there_is_no_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert createadmin("root") == ["root is an instance administrator."]
    assert User.objects.get().check_password(PASSWORD)
    assert AccountLink.objects.count() == 0


def test_a_link_restores_somebody_who_is_locked_out_and_leaves_the_old_password_until_it_is_used() -> None:
    user = make_user()
    User.objects.filter(pk=user.pk).update(is_active=False)
    said = createadmin("LI.wei", "--link")
    assert said[0] == "li.wei is an instance administrator. Set the password here, once:"
    assert said[1].startswith("http://testserver/reset#")
    user.refresh_from_db()
    assert (user.is_instance_admin, user.is_active, user.check_password(PASSWORD)) == (True, True, True)


@pytest.mark.parametrize(
    ("args", "password"),
    [
        (["no good name", "--link"], ""),
        (["root", "--email", "nonsense", "--link"], ""),
        (["root"], "short"),
        (["root"], ""),
    ],
)
def test_what_the_portal_would_refuse_is_refused(
    args: list[str], password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    with pytest.raises(CommandError):
        createadmin(*args)
    assert (User.objects.count(), AccountLink.objects.count(), AuditEvent.objects.count()) == (0, 0, 0)
