"""People, by themselves and by administrators."""

from __future__ import annotations

import io
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection

from apps.accounts import people
from apps.accounts.authentication import actor_for
from apps.accounts.models import ApiToken, User, UserSession
from apps.audit.models import AuditEvent
from apps.common.db import db_now
from apps.common.errors import Conflict
from tests.accounts.factories import PASSWORD, browser, make_admin, make_token, make_user, token_client
from tests.policy.grants import plain_grants
from tests.support.factories import grant, make_environment, make_project

pytestmark = [pytest.mark.urls("tests.common.urls"), pytest.mark.django_db]
ME, USERS = "/api/v1/me", "/api/v1/users/"


class TestMe:
    def test_name_language_and_time_zone_can_be_changed(self) -> None:
        user = make_user()
        client = browser(user)
        change = {"display_name": "李伟", "language": "zh", "time_zone": "Europe/Berlin"}
        answer = client.patch(ME, change, format="json")
        assert (answer.status_code, {k: answer.json()[k] for k in change}) == (200, change)
        assert AuditEvent.objects.get(action="user.updated").params == {"fields": change}
        assert client.get("/api/v1/tokens/?limit=0").json()["detail"] == "提交的内容有误。"

    def test_how_the_portal_looks_and_where_it_opens_can_be_changed(self) -> None:
        client = browser(make_user())
        change = {"theme": "dark", "single_key_shortcuts": False, "start_page": "projects"}
        answer = client.patch(ME, change, format="json")
        assert (answer.status_code, {k: answer.json()[k] for k in change}) == (200, change)
        assert client.get(ME).json() == answer.json()
        assert AuditEvent.objects.get(action="user.updated").params == {"fields": change}

    def test_roles_are_told_once_each_in_the_order_of_the_work(self) -> None:
        user, other = make_user(), make_user("zhang.min")
        with plain_grants() as grants:
            grants.grants |= {(user.pk, 1, 2, "ops"), (user.pk, 1, 3, "developer"), (user.pk, 4, 2, "ops")}
            grants.owners.add((other.pk, 1))
            mine, theirs = browser(user).get(ME).json(), browser(other).get(ME).json()
        assert (mine["roles"], mine["owns_projects"]) == (["developer", "ops"], False)
        assert (theirs["roles"], theirs["owns_projects"]) == ([], True)

    def test_only_live_grants_give_a_role(self) -> None:
        user, project, environment = make_user(), make_project(), make_environment()
        grant(user, project, environment, "tester")
        grant(user, project, environment, "ops", expires_at=db_now() - timedelta(seconds=1))
        grant(user, project, environment, "developer", revoked_at=db_now())
        client = browser(user)
        assert (client.get(ME).json()["roles"], client.get(ME).json()["owns_projects"]) == (["tester"], False)
        project.owners.add(user)
        assert client.get(ME).json()["owns_projects"] is True

    def test_an_administrator_may_open_the_pages_of_administration_but_not_by_token(self) -> None:
        admin = make_admin()
        assert set(browser(admin).get(ME).json()["may"].values()) == {True}
        _, secret = make_token(admin, "me.read", "project.create")
        may = token_client(secret).get(ME).json()["may"]
        assert {action for action, is_allowed in may.items() if is_allowed} == {"project.create"}

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"roles": ["ops"]}, "read_only"),
            ({"may": {"user.manage": True}}, "read_only"),
            ({"owns_projects": True}, "read_only"),
            ({"theme": "pink"}, "invalid_choice"),
            ({"start_page": "//evil"}, "invalid_choice"),
            ({"single_key_shortcuts": "perhaps"}, "invalid"),
            ({"is_instance_admin": True}, "read_only"),
            ({"username": "root"}, "read_only"),
            ({"id": 1}, "read_only"),
            ({"is_active": False}, "unknown_field"),
            ({"password": "x"}, "unknown_field"),
            ({"language": "xx"}, "invalid_choice"),
            ({"time_zone": "Mars/Base"}, "unknown_time_zone"),
            ({"time_zone": "../../etc/passwd"}, "unknown_time_zone"),
            ({"display_name": "x" * 101}, "max_length"),
        ],
    )
    def test_nothing_else_can(self, change: dict[str, Any], code: str) -> None:
        user = make_user()
        answer = browser(user).patch(ME, change, format="json")
        (name,) = change
        assert (answer.status_code, answer.json()["fields"][name][0]["code"]) == (400, code)
        user.refresh_from_db()
        assert (user.is_instance_admin, user.username, user.display_name) == (False, "li.wei", "")

    def test_visitors_have_no_account(self) -> None:
        assert browser().get(ME).json()["code"] == "not_authenticated"

    def test_a_new_password_ends_every_other_session(self) -> None:
        user = make_user()
        here, there = browser(user), browser(user)
        change = {"old_password": PASSWORD, "new_password": "another long secret"}
        assert here.post(ME + "/password", change, format="json").status_code == 204
        assert (here.get(ME).status_code, there.get(ME).status_code) == (200, 401)
        assert UserSession.objects.get().session_key == Session.objects.get().session_key
        event = AuditEvent.objects.get(action="user.password_changed")
        assert event.params == {}

    @pytest.mark.parametrize(
        ("change", "name", "code"),
        [
            ({"old_password": "wrong"}, "old_password", "wrong_password"),
            ({"new_password": "short"}, "new_password", "password_too_short"),
            ({"new_password": "password123"}, "new_password", "password_too_common"),
            ({"new_password": "li.wei.wei"}, "new_password", "password_too_similar"),
        ],
    )
    def test_a_password_must_be_known_and_good(self, change: dict[str, str], name: str, code: str) -> None:
        body = {"old_password": PASSWORD, "new_password": "another long secret", **change}
        answer = browser(make_user()).post(ME + "/password", body, format="json")
        assert answer.json()["fields"][name][0]["code"] == code
        assert User.objects.get().check_password(PASSWORD)


class TestUsers:
    def test_only_administrators_see_and_make_people(self) -> None:
        client = browser(make_user())
        for answer in (client.get(USERS), client.post(USERS, {}, format="json"), client.get(f"{USERS}1/")):
            assert (answer.status_code, answer.json()["code"]) == (403, "policy.needs_admin")

    def test_a_new_person_signs_in_with_the_initial_password(self) -> None:
        body = {"username": "zhang.min", "password": PASSWORD, "display_name": "张敏", "email": "z@example.com"}
        answer = browser(make_admin()).post(USERS, body, format="json")
        assert (answer.status_code, answer.json()["is_active"]) == (201, True)
        assert "password" not in answer.json()
        user = User.objects.get(username="zhang.min")
        assert browser(user).get(ME).json()["display_name"] == "张敏"
        event = AuditEvent.objects.get(action="user.created")
        assert (event.target_id, PASSWORD in str(event.content())) == (str(user.pk), False)

    @pytest.mark.parametrize(
        ("change", "name", "code"),
        [
            ({"username": "li.wei"}, "username", "unique"),
            ({"username": "Robert'); DROP TABLE users;--"}, "username", "invalid"),
            ({"username": "Upper"}, "username", "invalid"),
            ({"username": "x" * 64}, "username", "max_length"),
            ({"password": "short"}, "password", "password_too_short"),
            ({"email": "no address"}, "email", "invalid"),
            ({"id": 5}, "id", "read_only"),
            ({"is_superuser": True}, "is_superuser", "unknown_field"),
            ({"is_instance_admin": "perhaps"}, "is_instance_admin", "invalid"),
        ],
    )
    def test_a_new_person_that_is_refused(self, change: dict[str, Any], name: str, code: str) -> None:
        make_user()
        body = {"username": "zhang.min", "password": PASSWORD, **change}
        answer = browser(make_admin()).post(USERS, body, format="json")
        assert (answer.status_code, answer.json()["fields"][name][-1]["code"]) == (400, code)
        assert User.objects.count() == 2

    def test_disabling_ends_sessions_and_tokens_at_once(self) -> None:
        user = make_user()
        client, (_, secret) = browser(user), make_token(user)
        admin = browser(make_admin())
        assert client.get(ME).status_code == 200
        answer = admin.patch(f"{USERS}{user.pk}/", {"is_active": False}, format="json")
        assert (answer.status_code, answer.json()["is_active"]) == (200, False)
        assert (client.get(ME).status_code, token_client(secret).get(ME).status_code) == (401, 401)
        assert UserSession.objects.filter(user=user).count() == 0
        assert Session.objects.count() == 1
        assert AuditEvent.objects.filter(action="user.disabled", target_id=str(user.pk)).count() == 1
        admin.patch(f"{USERS}{user.pk}/", {"is_active": True}, format="json")
        assert (client.get(ME).status_code, token_client(secret).get(ME).status_code) == (401, 401)
        assert browser(user).get(ME).status_code == 200

    def test_a_right_taken_away_counts_from_the_next_request_on(self) -> None:
        make_admin("other.admin")
        admin = make_admin()
        client = browser(admin)
        assert client.get(USERS).status_code == 200
        User.objects.filter(pk=admin.pk).update(is_instance_admin=False)
        assert client.get(USERS).status_code == 403

    def test_a_password_set_by_an_administrator_ends_sessions(self) -> None:
        user = make_user()
        client = browser(user)
        admin = browser(make_admin())
        admin.patch(f"{USERS}{user.pk}/", {"password": "an initial secret"}, format="json")
        assert client.get(ME).status_code == 401
        assert AuditEvent.objects.get(action="user.updated").params == {"fields": {}, "password": "set"}

    @pytest.mark.parametrize("change", [{"is_active": False}, {"is_instance_admin": False}])
    def test_the_last_administrator_stays(self, change: dict[str, bool]) -> None:
        admin = make_admin()
        make_admin("disabled.admin", is_active=False)
        client = browser(admin)
        answer = client.patch(f"{USERS}{admin.pk}/", change, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
        assert client.get(USERS).status_code == 200

    def test_the_user_name_stays(self) -> None:
        user = make_user()
        answer = browser(make_admin()).patch(f"{USERS}{user.pk}/", {"username": "other"}, format="json")
        assert answer.json()["fields"]["username"][0]["code"] == "read_only"

    @pytest.mark.parametrize("user_id", [0, 999_999, 10**40])
    def test_nobody_of_that_number(self, user_id: int) -> None:
        client = browser(make_admin())
        assert client.get(f"{USERS}{user_id}/").status_code == 404
        assert client.patch(f"{USERS}{user_id}/", {"email": ""}, format="json").status_code == 404

    def test_people_are_found_by_the_beginning_of_their_name(self) -> None:
        make_user("zhang.min", display_name="张敏")
        make_user("zhao.gone", is_active=False)
        client = browser(make_admin())
        assert [u["username"] for u in client.get(USERS, {"search": "ZH"}).json()["results"]] == [
            "zhao.gone",
            "zhang.min",
        ]
        assert [u["username"] for u in client.get(USERS, {"search": "张"}).json()["results"]] == ["zhang.min"]
        assert client.get(USERS, {"search": "%"}).json()["results"] == []
        assert client.get(USERS, {"search": "a\x00"}).status_code == 400

    def test_everybody_may_choose_from_active_people_by_name_only(self) -> None:
        user = make_user("zhang.min", display_name="张敏", email="z@example.com")
        make_user("zhao.gone", is_active=False)
        answer = browser(user).get("/api/v1/people/", {"search": "zh"})
        assert answer.json()["results"] == [{"id": user.pk, "username": "zhang.min", "display_name": "张敏"}]
        assert browser().get("/api/v1/people/").status_code == 401


@pytest.mark.django_db(transaction=True)
def test_two_administrators_cannot_unmake_each_other_at_the_same_time() -> None:
    first, second = make_admin("first"), make_admin("second")
    outcomes: list[str] = []

    def unmake(by: User, whom: User) -> None:
        try:
            people.update_user(whom.pk, {"is_instance_admin": False}, actor=actor_for(by))
            outcomes.append("done")
        except Conflict as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=unmake, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "last_admin"]
    assert User.objects.filter(is_instance_admin=True).count() == 1


class TestCreateAdmin:
    def run(self, monkeypatch: pytest.MonkeyPatch, username: str, password: str) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        out = io.StringIO()
        call_command("createadmin", username, stdout=out)
        return out.getvalue()

    def test_it_makes_the_first_administrator(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.run(monkeypatch, "Root.Admin", PASSWORD) == "root.admin is an instance administrator.\n"
        user = User.objects.get()
        assert (user.is_instance_admin, user.check_password(PASSWORD)) == (True, True)
        assert AuditEvent.objects.get(action="user.created").actor_kind == "system"

    def test_it_restores_one_who_is_locked_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        user = make_user(is_active=False)
        self.run(monkeypatch, "li.wei", "an other long secret")
        user.refresh_from_db()
        assert (user.is_active, user.is_instance_admin) == (True, True)
        assert user.check_password("an other long secret")

    @pytest.mark.parametrize(("name", "password"), [("root", "short"), ("no good name", PASSWORD)])
    def test_it_refuses_what_the_portal_would(self, name: str, password: str, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(CommandError):
            self.run(monkeypatch, name, password)
        assert (User.objects.count(), ApiToken.objects.count()) == (0, 0)
