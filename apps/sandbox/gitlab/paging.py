"""Pagination headers: offset (with totals or without), keyset, and Gitaly's first page.

Links carry the configured external address and repeat every parameter of the request. Must not: fetch anything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from aiohttp import web

from apps.sandbox.gitlab.errors import invalid
from apps.sandbox.gitlab.params import integer

T = TypeVar("T")
COUNT_LIMIT = 10_000


class Page:
    """The page a call asks for."""

    def __init__(self, request: web.Request, values: dict[str, Any], external_url: str) -> None:
        self.number = integer(values, "page", 1)
        self.size = min(integer(values, "per_page", 20), 100)
        if self.number < 1 or self.size < 1:
            raise invalid(f"{'page' if self.number < 1 else 'per_page'} does not have a valid value")
        self.keyset = values.get("pagination") == "keyset"
        self.token = str(values.get("page_token") or "")
        self._base = external_url + request.rel_url.raw_path
        self._query = {**request.match_info, **values}

    @property
    def start(self) -> int:
        """Index of the first item."""
        return (self.number - 1) * self.size

    def link(self, rel: str, **changed: Any) -> str:
        """One element of the Link header."""
        pairs: list[tuple[str, str]] = []
        for key, value in sorted((self._query | changed).items()):
            if isinstance(value, list):
                pairs += [(f"{key}[]", str(item)) for item in value]
            elif value is not None:
                pairs.append((key, str(value)))
        return f'<{self._base}?{urlencode(pairs)}>; rel="{rel}"'

    def cut(self, items: Sequence[T]) -> tuple[list[T], dict[str, str]]:
        """Slice a complete list and describe the slice with totals."""
        pages = max(1, math.ceil(len(items) / self.size))
        more = self.number < pages
        headers = self._headers(more, len(items), pages, in_range=self.number <= pages)
        return list(items[self.start : self.start + self.size]), headers

    def uncounted(self, fetched: Sequence[T]) -> tuple[list[T], dict[str, str]]:
        """For lists read with one item more than a page: no totals, no rel=last."""
        return list(fetched[: self.size]), self._headers(len(fetched) > self.size, None, None, in_range=True)

    def gitaly_first(self, items: Sequence[T]) -> tuple[list[T], dict[str, str]]:
        """Page 1 of tags and branches: by formula a page 2 always follows, and totals may be one page too many."""
        headers = self._headers(True, len(items), len(items) // self.size + 1, in_range=True)
        return list(items[: self.size]), headers

    def after_name(self, items: Sequence[T], at: int) -> tuple[list[T], dict[str, str]]:
        """A keyset page starting at index `at`; a full page always links on, even when nothing follows."""
        found = list(items[at : at + self.size])
        if len(found) < self.size:
            return found, {}
        name = getattr(found[-1], "name", found[-1])
        return found, {"Link": self.link("next", page_token=name)}

    def _headers(self, more: bool, total: int | None, pages: int | None, *, in_range: bool) -> dict[str, str]:
        back = self.number > 1 and in_range
        headers = {
            "X-Page": str(self.number),
            "X-Per-Page": str(self.size),
            "X-Next-Page": str(self.number + 1) if more else "",
            "X-Prev-Page": str(self.number - 1) if back else "",
        }
        known = total is not None and total <= COUNT_LIMIT
        if known:
            headers |= {"X-Total": str(total), "X-Total-Pages": str(pages)}
        links = [self.link("prev", page=self.number - 1, per_page=self.size)] if back else []
        if more:
            links.append(self.link("next", page=self.number + 1, per_page=self.size))
        links.append(self.link("first", page=1, per_page=self.size))
        if known:
            links.append(self.link("last", page=pages, per_page=self.size))
        headers["Link"] = ", ".join(links)
        return headers
