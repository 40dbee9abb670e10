"""Mails to people about their account: plain text, in the person's language.

Must not: fail the change it tells of (a mail that could not be sent is a reason, not an error), run inside a
transaction, or put a link into a log.
"""

from __future__ import annotations

import smtplib
import zoneinfo
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMessage

from apps.accounts.models import User
from apps.common.messages import sentence

log = structlog.get_logger(__name__)
Reason = dict[str, Any]


def is_configured() -> bool:
    """Whether the portal can send mail at all."""
    url = settings.CONFIG.mail_url
    return url is not None and bool(url.get_secret_value())


def send_link(user: User, purpose: str, url: str, expires_at: datetime) -> Reason | None:
    """Mail the link to its person; None when the server took it, else why not, as code and params."""
    if not is_configured():
        return {"code": "mail.not_configured", "params": {}}
    if not user.email:
        return {"code": "mail.no_address", "params": {"name": str(user)}}
    params = {"name": str(user), "username": user.username, "link": url, "expires": _local(expires_at, user)}
    return send_words(user, f"mail.{purpose}", params)


def send_words(user: User, code: str, params: dict[str, Any]) -> Reason | None:
    """Mail the sentences `<code>.subject` and `<code>.body` in the person's language; as `send_link` answers."""
    if not user.email:
        return {"code": "mail.no_address", "params": {"name": str(user)}}
    message = EmailMessage(
        # a header has one line, whatever a param holds
        subject=" ".join(sentence(f"{code}.subject", params, user.language).split()),
        body=sentence(f"{code}.body", params, user.language),
        to=[user.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
    return _send(message)


def _send(message: EmailMessage) -> Reason | None:
    host = settings.EMAIL_HOST
    try:
        message.send()
    except smtplib.SMTPAuthenticationError as error:
        return _failed("mail.login_refused", host, status=error.smtp_code)
    except smtplib.SMTPResponseException as error:
        return _failed("mail.refused", host, status=error.smtp_code)
    except smtplib.SMTPRecipientsRefused as error:
        (status, _words), *_ = error.recipients.values()
        return _failed("mail.refused", host, status=status)
    except OSError as error:  # SMTPException is one, and so are time-outs, DNS and TLS
        return _failed("mail.unreachable", host, kind=type(error).__name__)
    return None


def _failed(code: str, host: str, **more: Any) -> Reason:
    log.warning("mail not sent", code=code, host=host, **more)
    return {"code": code, "params": {"host": host, **more}}


def _local(moment: datetime, user: User) -> str:
    zone = zoneinfo.ZoneInfo(user.time_zone)
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} ({user.time_zone})"
