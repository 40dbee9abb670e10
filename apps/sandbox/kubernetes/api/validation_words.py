"""What the checks of all kinds share: the API server's words for names and labels, and values as Go shows them.

Must not: know a kind.
"""

from __future__ import annotations

import json
import re
from typing import Any

from apps.sandbox.kubernetes.errors import Cause, field_invalid

Obj = dict[str, Any]
SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
SUBDOMAIN_WORDS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    f"and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{SUBDOMAIN}')"
)
LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
LABEL_WORDS = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    f"with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{LABEL}')"
)
VALUE = r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
VALUE_WORDS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation "
    f"is '{VALUE}')"
)
NAME_WORDS = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
QUALIFIED = re.compile(rf"^({SUBDOMAIN}/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$")
NOT_NEGATIVE = "must be greater than or equal to 0"


def quoted(text: Any) -> str:
    """A value as Go shows it."""
    return json.dumps(text, ensure_ascii=False)


def labels_checked(labels: Obj | None, field: str) -> list[Cause]:
    """What is wrong with labels."""
    causes = []
    for key, value in (labels or {}).items():
        if not QUALIFIED.match(key):
            causes.append(field_invalid(field, quoted(key), NAME_WORDS))
        if len(value) > 63:
            causes.append(field_invalid(field, quoted(value), "must be no more than 63 bytes"))
        elif not re.fullmatch(VALUE, value):
            causes.append(field_invalid(field, quoted(value), VALUE_WORDS))
    return causes


def not_negative(spec: Obj, *names: str) -> list[Cause]:
    """What of these numbers is below zero."""
    return [
        field_invalid(f"spec.{name}", str(spec[name]), NOT_NEGATIVE)
        for name in names
        if isinstance(spec.get(name), int) and spec[name] < 0
    ]
