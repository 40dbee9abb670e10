"""A mail server for tests: enough SMTP over a real socket to take a message, or to say no.

Must not: deliver anything; what it took stands in `taken`, parsed.
"""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage


@dataclass
class MailServer:
    """Where it listens, what it took, and which commands it answers with another line than usual."""

    host: str = "127.0.0.1"
    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    arrived: threading.Event = field(default_factory=threading.Event)


_USUAL = {
    "EHLO": "250-tests\r\n250 AUTH PLAIN",
    "HELO": "250 tests",
    "AUTH": "235 ok",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "RSET": "250 ok",
    "DATA": "354 go on",
    "QUIT": "221 bye",
}


class _Dialogue(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self) -> None:
        server: MailServer = self.server.mail  # type: ignore[attr-defined]
        self._say(server.answers.get("CONNECT", "220 tests"))
        sender = recipient = ""
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            verb = line[:4].upper()
            answer = server.answers.get(verb) or _USUAL.get(verb, "502 what?")
            self._say(answer)
            if verb == "MAIL":
                sender = line
            elif verb == "RCPT":
                recipient = line
            elif verb == "DATA" and answer.startswith("354"):
                self._take(server, sender, recipient)
            elif verb == "QUIT":
                return

    def _take(self, server: MailServer, sender: str, recipient: str) -> None:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        server.taken.append(message)
        server.envelopes.append((sender, recipient))
        self._say("250 taken")
        server.arrived.set()

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A server on a free port for the length of the block."""
    with _Server(("127.0.0.1", 0), _Dialogue) as server:
        mail = MailServer(port=server.server_address[1])
        server.mail = mail  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield mail
        finally:
            server.shutdown()
            thread.join()
