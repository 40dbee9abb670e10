"""Mails about accounts, over a real socket: what is sent, and that a failure is a reason and nothing more."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from pydantic import SecretStr

from apps.accounts import mail
from apps.accounts.models import AccountLink, User
from apps.common.messages import catalogue
from opsportal.config import Config
from opsportal.config import mail as mail_settings
from tests.accounts.factories import browser, make_admin
from tests.support.mail import MailServer, mail_server

pytestmark = [pytest.mark.urls("tests.common.urls"), pytest.mark.django_db]
BODY = {"username": "zhang.min", "display_name": "张敏", "email": "min@example.com", "language": "zh"}


def use_mail(settings_: Any, url: str, timeout: float = 5.0) -> None:
    """Settings as the environment would make them, in place of the test runner's collecting back end."""
    for name, value in mail_settings(url, "portal@example.org", timeout).items():
        setattr(settings_, name, value)


@pytest.fixture
def server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with mail_server() as running:
        url = f"smtp://{running.host}:{running.port}"
        monkeypatch.setattr(settings.CONFIG, "mail_url", SecretStr(url))
        use_mail(settings, url)
        yield running


def invited() -> Any:
    answer = browser(make_admin()).post("/api/v1/invitations/", BODY, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_an_invitation_is_mailed_in_the_persons_language(server: MailServer) -> None:
    made = invited()
    assert (made["mailed"], made["reason"]) == (True, None)
    (message,) = server.taken
    assert server.envelopes == [("mail FROM:<portal@example.org>", "rcpt TO:<min@example.com>")]
    assert (message["From"], message["To"]) == ("portal@example.org", "min@example.com")
    assert (message["Subject"], message["Auto-Submitted"]) == ("您的运维平台账号", "auto-generated")
    text = message.get_content()
    assert text.startswith("张敏，您好：")
    assert made["link"] in text.splitlines()
    assert "zhang.min" in text
    assert "(Asia/Shanghai)" in text


@pytest.mark.parametrize(
    ("command", "says", "reason"),
    [
        ("RCPT", "550 no such person", {"code": "mail.refused", "params": {"host": "127.0.0.1", "status": 550}}),
        ("DATA", "554 too odd", {"code": "mail.refused", "params": {"host": "127.0.0.1", "status": 554}}),
        ("CONNECT", "421 too busy", {"code": "mail.refused", "params": {"host": "127.0.0.1", "status": 421}}),
        (
            "CONNECT",
            "not a mail server",
            {"code": "mail.refused", "params": {"host": "127.0.0.1", "status": -1}},
        ),
    ],
)
def test_a_refused_mail_never_loses_the_link(
    server: MailServer, command: str, says: str, reason: dict[str, Any]
) -> None:
    server.answers[command] = says
    made = invited()
    assert made["mailed"] is False
    assert {k: made["reason"][k] for k in ("code", "params")} == reason
    assert made["reason"]["detail"] != ""
    assert made["link"].startswith("http://testserver/welcome#")
    assert AccountLink.objects.get().user.username == "zhang.min"
    assert server.taken == []


def test_a_refused_login_names_the_variable_to_check_and_not_the_password(server: MailServer, settings: Any) -> None:
    server.answers["AUTH"] = "535 no"
    use_mail(settings, f"smtp://portal:s3cret-word@{server.host}:{server.port}")
    made = invited()
    assert made["reason"]["code"] == "mail.login_refused"
    assert "OPSPORTAL_MAIL_URL" in made["reason"]["detail"]
    assert "s3cret-word" not in str(made)


def test_a_server_that_is_not_there_is_a_reason(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server() as gone:
        url = f"smtp://{gone.host}:{gone.port}"
    monkeypatch.setattr(settings.CONFIG, "mail_url", SecretStr(url))
    use_mail(settings, url)
    made = invited()
    assert (made["mailed"], made["reason"]["params"]["kind"]) == (False, "ConnectionRefusedError")
    assert made["reason"]["code"] == "mail.unreachable"


def test_a_server_that_says_nothing_is_waited_for_only_so_long(server: MailServer, settings: Any) -> None:
    server.answers["CONNECT"] = "220-go on listening"  # a first line that is never followed by the last one
    use_mail(settings, f"smtp://{server.host}:{server.port}", timeout=0.2)
    made = invited()
    assert (made["mailed"], made["reason"]["code"]) == (False, "mail.unreachable")


def test_without_mail_or_without_an_address_the_reason_says_so(server: MailServer) -> None:
    admin = browser(make_admin())
    body = {**BODY, "email": ""}
    assert admin.post("/api/v1/invitations/", body, format="json").json()["reason"]["code"] == "mail.no_address"
    settings.CONFIG.mail_url = None
    body["username"] = "li.wei"
    assert admin.post("/api/v1/invitations/", body, format="json").json()["reason"]["code"] == "mail.not_configured"
    assert server.taken == []
    assert User.objects.filter(username__in=["li.wei", "zhang.min"]).count() == 2


@pytest.mark.parametrize("purpose", AccountLink.Purpose.values)
def test_every_purpose_has_a_subject_of_one_line_and_a_text_with_the_link(purpose: str) -> None:
    for language in ("en", "zh"):
        texts = catalogue(language)
        assert "\n" not in texts[f"mail.{purpose}.subject"]
        assert "{link}\n" in texts[f"mail.{purpose}.body"]


def test_a_mail_url_names_server_credentials_and_how_tls_begins() -> None:
    plain = mail_settings("smtp://mail.example.org", "a@b.c", 3.0)
    assert (plain["EMAIL_HOST"], plain["EMAIL_PORT"], plain["EMAIL_TIMEOUT"]) == ("mail.example.org", 25, 3.0)
    tls = mail_settings("smtp://p%40x:s%2F@mail.example.org:587/?tls=1", "a@b.c", 3.0)
    assert (tls["EMAIL_HOST_USER"], tls["EMAIL_HOST_PASSWORD"], tls["EMAIL_PORT"]) == ("p@x", "s/", 587)
    assert (tls["EMAIL_USE_TLS"], tls["EMAIL_USE_SSL"]) == (True, False)
    whole = mail_settings("smtps://mail.example.org", "a@b.c", 3.0)
    assert (whole["EMAIL_USE_TLS"], whole["EMAIL_USE_SSL"], whole["EMAIL_PORT"]) == (False, True, 465)
    for wrong in ("mail.example.org", "http://mail.example.org", "smtp://"):
        with pytest.raises(ValueError, match="OPSPORTAL_MAIL_URL"):
            mail_settings(wrong, "a@b.c", 3.0)


def test_the_sender_is_configured_or_stands_at_the_portals_own_host() -> None:
    def sender(**fields: str) -> str:
        return Config(_env_file=None, **fields).mail_sender()  # type: ignore[call-arg, arg-type]

    assert sender(mail_from="it@example.org") == "it@example.org"
    assert sender(origins="https://portal.example.org:8443,https://b") == "opsportal@portal.example.org"
    assert sender(origins="") == "opsportal@localhost"


def test_an_empty_mail_url_is_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.CONFIG, "mail_url", SecretStr(""))
    assert mail.is_configured() is False
    assert issubclass(smtplib.SMTPException, OSError)  # what `_send` relies on
