"""Answers health checks and hands queued mails to the mail server."""

from __future__ import annotations

import os
import queue
import smtplib
import threading
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ATTEMPTS = 3


class Health(BaseHTTPRequestHandler):
    """200 on every path."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


def send(mails: queue.Queue[EmailMessage], host: str) -> None:
    """Send for ever; a mail that fails is tried three times."""
    while True:
        mail = mails.get()
        for _attempt in range(ATTEMPTS):
            try:
                with smtplib.SMTP(host, timeout=10) as server:
                    server.send_message(mail)
                break
            except OSError as error:
                print(f"mail to {mail['To']} failed: {error}", flush=True)


def main() -> None:
    """Run until stopped."""
    mails: queue.Queue[EmailMessage] = queue.Queue(maxsize=1000)
    host = os.environ.get("SMTP_HOST", "localhost")
    threading.Thread(target=send, args=(mails, host), daemon=True).start()
    port = int(os.environ.get("PORT", "8080"))
    ThreadingHTTPServer(("", port), Health).serve_forever()
