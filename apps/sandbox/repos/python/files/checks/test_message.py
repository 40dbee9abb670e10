"""The mails say what they must."""

from __future__ import annotations

from mailer.message import order_confirmation


def test_the_confirmation_names_the_order() -> None:
    assert order_confirmation("a@example.com", "A-17")["Subject"] == "Your order A-17"
