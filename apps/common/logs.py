"""Logging: structlog, JSON in production, with request id, actor id and ticket id bound by context variables.

Must not: let a secret through. Values of telling keys and texts that look like credentials are replaced.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

HIDDEN = "***"
_SECRET_KEY = re.compile(r"token|passw|authorization|secret|cookie|api_?key|private_?key|kubeconfig|credential", re.I)
_HARMLESS_KEY = re.compile(r"(_id|_ids|_name|_prefix|_count|_at|_project)$", re.I)
_SECRET_TEXT = (
    (re.compile(r"glpat-[\w.-]{6,}"), HIDDEN),
    (re.compile(r"opt_[A-Za-z0-9]+_[\w-]{6,}"), HIDDEN),
    (re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]+", re.I), rf"\1 {HIDDEN}"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), HIDDEN),
    (re.compile(r"(://[^/\s:@]*):[^/\s@]+@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)", re.S), HIDDEN),
    (re.compile(r"\b(password|passwd|token|secret)(\s*[=:]\s*)[^\s,;&'\"}]+", re.I), rf"\1\2{HIDDEN}"),
)


def scrub_text(text: str) -> str:
    """The text without what looks like a credential."""
    for pattern, replacement in _SECRET_TEXT:
        text = pattern.sub(replacement, text)
    return text


def scrub(value: Any, key: str = "", depth: int = 0) -> Any:
    """The value without secrets, in nested dicts and lists too; what is nested deeper than eight is cut."""
    if key and _SECRET_KEY.search(key) and not _HARMLESS_KEY.search(key):
        return HIDDEN if value not in (None, "") else value
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, str):
        return scrub_text(value)
    if depth >= 8:
        return "…"
    if isinstance(value, Mapping):
        return {str(name): scrub(inner, str(name), depth + 1) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [scrub(item, "", depth + 1) for item in value]
    return scrub_text(str(value))


def scrub_event(logger: Any, method: str, event: EventDict) -> EventDict:
    """The last processor before rendering."""
    kept = {name: value for name, value in event.items() if name.startswith("_")}
    return {**{name: scrub(value, name) for name, value in event.items() if not name.startswith("_")}, **kept}


def configure(*, as_json: bool, level: str = "INFO") -> None:
    """Send structlog and the standard library's loggers through one handler on stderr."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.set_name("opsportal")
    handler.setFormatter(_formatter(shared, as_json=as_json))
    root = logging.getLogger()
    root.handlers = [h for h in root.handlers if h.get_name() != "opsportal"] + [handler]
    root.setLevel(level)
    for name in ("django", "django.server", "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    # our own line per request replaces it
    logging.getLogger("uvicorn.access").handlers = [logging.NullHandler()]
    logging.getLogger("uvicorn.access").propagate = False


def _formatter(shared: list[Processor], *, as_json: bool) -> structlog.stdlib.ProcessorFormatter:
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
        processors=[
            _without_django_objects,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            scrub_event,
            renderer,
        ],
    )


def _without_django_objects(logger: Any, method: str, event: EventDict) -> EventDict:
    """Django attaches the request object to its records; its repr could carry a query string."""
    event.pop("request", None)
    event.pop("response", None)
    return event
