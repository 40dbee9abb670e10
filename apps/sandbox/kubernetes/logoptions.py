"""The options of pods/log: read from the query and refused in the API's words.

Must not: read the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aiohttp import web

from apps.sandbox.kubernetes import errors
from apps.sandbox.kubernetes.errors import Cause
from apps.sandbox.kubernetes.life.objects import parse_stamp


@dataclass(frozen=True)
class LogOptions:
    """What the query asked for."""

    container: str
    follow: bool
    previous: bool
    timestamps: bool
    tail: int | None
    limit_bytes: int | None
    since: datetime | None

    @classmethod
    def from_query(cls, request: web.Request, pod_name: str, now: datetime) -> LogOptions:
        """Read and check the query; raises 400 and 422."""
        query = request.query

        def flag(name: str) -> bool:
            return query.get(name, "").lower() not in ("", "0", "false")

        tail, limit = _integer(query.get("tailLines")), _integer(query.get("limitBytes"))
        seconds, since_text = _integer(query.get("sinceSeconds")), query.get("sinceTime")
        causes = []
        if tail is not None and tail < 0:
            causes.append(_at_least("tailLines", tail, "must be greater than or equal to 0"))
        if limit is not None and limit < 1:
            causes.append(_at_least("limitBytes", limit, "must be greater than 0"))
        if seconds is not None and since_text:
            why = "at most one of `sinceTime` or `sinceSeconds` may be specified"
            causes.append(Cause("", f"Forbidden: {why}", "FieldValueForbidden"))
        elif seconds is not None and seconds < 1:
            causes.append(_at_least("sinceSeconds", seconds, "must be greater than 0"))
        if causes:
            raise _invalid(pod_name, causes)
        since = _moment(since_text) if since_text else None
        if seconds is not None:
            since = now - timedelta(seconds=seconds)
        container = query.get("container", "")
        return cls(container, flag("follow"), flag("previous"), flag("timestamps"), tail, limit, since)


def _integer(text: str | None) -> int | None:
    if text is None or text == "":
        return None
    try:
        return int(text)
    except ValueError as error:
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from error


def _moment(text: str) -> datetime:
    try:
        moment = parse_stamp(text)
    except ValueError as error:
        raise errors.bad_request(f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse') from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _at_least(field: str, value: int, why: str) -> Cause:
    return Cause(field, f"Invalid value: {value}: {why}")


def _invalid(pod_name: str, causes: list[Cause]) -> errors.ApiError:
    """422 about PodLogOptions; a cause without a field is written `[]`."""
    shown = [Cause(c.field or "[]", c.message, c.reason) for c in causes]
    return errors.invalid("PodLogOptions", pod_name, shown, "")
