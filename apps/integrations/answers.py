"""An answer of an outside system, read within bounds, and how its parts are taken out.

Must not: send anything; an answer of another shape than expected is `outside.bad_answer`, never a KeyError.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote as percent

from apps.common.errors import IntegrationError, Rejected

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """An answer read to its end (or, above 399, to a bound). An unreadable answer to a write leaves its outcome unknown."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    about: dict[str, Any]
    is_write: bool = False

    def text(self) -> str:
        """The body as text; bytes that are no UTF-8 are replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON; anything else is `outside.bad_answer`."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise Rejected("outside.bad_answer", unknown=self.is_write, **self.about) from None

    def read(self, convert: Callable[[Any], T]) -> T:
        """`convert` applied to the JSON; an answer of another shape is `outside.bad_answer`."""
        found = self.json()
        try:
            return convert(found)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Rejected("outside.bad_answer", unknown=self.is_write, **self.about) from None

    def object(self) -> dict[str, Any]:
        """The body as a JSON object."""
        found = self.json()
        if not isinstance(found, dict):
            raise Rejected("outside.bad_answer", unknown=self.is_write, **self.about)
        return found


Explain = Callable[[Answer], IntegrationError | None]


def segment(text: str) -> str:
    """`text` as one path segment: every reserved character encoded, `/` and `.` names included."""
    encoded = percent(text, safe="")
    return encoded.replace(".", "%2E") if text in (".", "..") else encoded
