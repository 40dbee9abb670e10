"""Ping and the two lists: tags of a repository (sorted bytewise), repositories of the registry.

Pages follow `n` and `last` with a relative Link, as distribution 3.x does; 2.8 knows no pages of tags, and no order.
Must not: look into manifests.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

from aiohttp import web

from apps.sandbox.base.faults import FaultBook
from apps.sandbox.base.server import call
from apps.sandbox.registry.editions import Edition
from apps.sandbox.registry.names import digest_of
from apps.sandbox.registry.replies import RefusalError, json_reply
from apps.sandbox.registry.storage import Storage, catalog_key

CATALOG_DEFAULT = 100
CATALOG_MAXIMUM = 1000


class ListCalls:
    """Handlers that only list."""

    def __init__(self, storage: Storage, edition: Edition, faults: Callable[[], FaultBook]) -> None:
        self._storage = storage
        self._edition = edition
        self._faults = faults

    @call("ping")
    async def ping(self, request: web.Request) -> web.Response:
        """`{}` for whoever is let in; says nothing about rights."""
        return json_reply({}, self._edition)

    @call("tag.list")
    async def tags(self, request: web.Request) -> web.Response:
        """Tags of a repository that ever had one; an emptied repository answers `[]`.

        2.8 answers `null` there: the condition `tag.list.null` lets a client meet that in 3.x too.
        """
        name = request.match_info["repository"]
        request["subject"] = name
        number = None if self._edition.is_old else _number(request, is_told_as_number=True)
        repository = self._storage.find(name)
        if number != 0 and not repository.had_tag:
            raise RefusalError("NAME_UNKNOWN", {"name": name})
        headers: dict[str, str] = {}
        if self._edition.is_old:  # all of them, in no order that means anything
            rows = sorted(repository.tags, key=lambda tag: digest_of(tag.encode()))
        else:
            rows, headers = _page(request, sorted(repository.tags), number, str)
        is_null = self._edition.is_old or self._faults().active("tag.list.null", {"repository": name})
        return json_reply(
            {"name": name, "tags": None if is_null and not rows else rows}, self._edition, headers=headers
        )

    @call("catalog")
    async def catalog(self, request: web.Request) -> web.Response:
        """Repositories with a manifest, now or once; 2.8 also lists those that have nothing but blobs."""
        is_old = self._edition.is_old
        number = _number(request, is_strict=not is_old)
        if number is not None and number > CATALOG_MAXIMUM:
            raise RefusalError("PAGINATION_NUMBER_INVALID", {"n": number})
        number = CATALOG_DEFAULT if number is None else number
        names = self._storage.catalog(with_blobs_only=is_old)
        rows, headers = _page(request, names, number, catalog_key, knows_the_end=is_old)
        return json_reply({"repositories": rows}, self._edition, headers=headers)


def _number(request: web.Request, *, is_strict: bool = True, is_told_as_number: bool = False) -> int | None:
    text = request.query.get("n", "")
    if not text:
        return None
    if not re.fullmatch(r"[+-]?\d{1,18}", text) or int(text) < 0:
        if not is_strict:
            return None
        number = int(text) if re.fullmatch(r"[+-]?\d{1,18}", text) else 0
        raise RefusalError("PAGINATION_NUMBER_INVALID", {"n": number if is_told_as_number else text})
    return int(text)


def _page(
    request: web.Request,
    names: list[str],
    number: int | None,
    key: Callable[[str], str],
    *,
    knows_the_end: bool = False,
) -> tuple[list[str], dict[str, str]]:
    """The rows after `last` (which need not exist), at most `number`.

    A full page carries a Link even when nothing remains: distribution 3.x stops walking there and cannot know; 2.8 can.
    """
    if last := request.query.get("last"):
        names = [name for name in names if key(name) > key(last)]
    if number == 0:
        return [], {}
    if number is None or len(names) < number + knows_the_end:
        return names, {}
    rows = names[:number]
    query = urlencode({"last": rows[-1], "n": number})
    return rows, {"Link": f'<{request.path}?{query}>; rel="next"'}
