"""Builds the mails the shop sends."""

from __future__ import annotations

from email.message import EmailMessage


def order_confirmation(to: str, order: str) -> EmailMessage:
    """The mail a customer gets after an order."""
    message = EmailMessage()
    message["To"] = to
    message["From"] = "shop@example.com"
    message["Subject"] = f"Your order {order}"
    message.set_content(f"Thank you. We have received your order {order}.\n\n谢谢，您的订单 {order} 已收到。\n")
    return message
