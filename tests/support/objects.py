"""An S3 stand-in for recordings: PUT, GET with range, DELETE, bulk delete, LIST with prefix, delimiter and pages; objects
in memory, signatures version 4 checked, errors as XML, every call in the journal, faults by script.

Source of the shapes: the Amazon S3 API reference (ListObjectsV2, DeleteObjects, error responses; "Authenticating
Requests: Using the Authorization Header"). Must not: be more forgiving than a real store about keys, buckets and signatures.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from aiohttp import web

from apps.sandbox.base.server import StandIn, call
from tests.support.servers import serving

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
KEY, SECRET, REGION = "portal", "s3cret/+with signs", "eu-test-1"
_AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})")


class ObjectServer(StandIn):
    """One bucket. `page_size` objects per LIST."""

    name = "objects"

    def __init__(self, bucket: str = "recordings", page_size: int = 1000) -> None:
        self.bucket, self.page_size = bucket, page_size
        self.objects: dict[str, bytes] = {}
        super().__init__()

    def routes(self) -> None:
        self.app.router.add_get("/{bucket}", self.list_objects)
        self.app.router.add_post("/{bucket}", self.delete_objects)
        self.app.router.add_put("/{bucket}/{key:.+}", self.put_object)
        self.app.router.add_get("/{bucket}/{key:.+}", self.get_object, allow_head=False)
        self.app.router.add_delete("/{bucket}/{key:.+}", self.delete_object)

    def address(self, prefix: str = "") -> str:
        """What the setting names."""
        path = f"{self.bucket}/{prefix}" if prefix else self.bucket
        return f"s3://{KEY}:{quote(SECRET, safe='')}@127.0.0.1:{self.port}/{path}?region={REGION}&tls=0"

    @call("object.put")
    async def put_object(self, request: web.Request) -> web.Response:
        body = await self._checked(request)
        self.objects[request.match_info["key"]] = body
        request["subject"] = request.match_info["key"]
        return web.Response(headers={"ETag": f'"{hashlib.md5(body).hexdigest()}"'})

    @call("object.get")
    async def get_object(self, request: web.Request) -> web.Response:
        await self._checked(request)
        key = request["subject"] = request.match_info["key"]
        if key not in self.objects:
            raise _error(404, "NoSuchKey")
        data, asked = self.objects[key], request.http_range
        request["detail"]["range"] = request.headers.get("Range", "")
        if asked.start is None:
            return web.Response(body=data)
        part = data[asked]
        last = asked.start + len(part) - 1
        return web.Response(status=206, body=part, headers={"Content-Range": f"bytes {asked.start}-{last}/{len(data)}"})

    @call("object.delete")
    async def delete_object(self, request: web.Request) -> web.Response:
        await self._checked(request)
        request["subject"] = request.match_info["key"]
        self.objects.pop(request.match_info["key"], None)
        return web.Response(status=204)

    @call("object.delete_many")
    async def delete_objects(self, request: web.Request) -> web.Response:
        body = await self._checked(request)
        if "delete" not in request.query:
            raise _error(400, "InvalidRequest")
        keys = [node.text or "" for node in ElementTree.fromstring(body).iter(f"{{{NAMESPACE}}}Key")]
        request["detail"]["keys"] = len(keys)
        for key in keys:
            self.objects.pop(key, None)
        return _xml(f'<DeleteResult xmlns="{NAMESPACE}"/>')

    @call("object.list")
    async def list_objects(self, request: web.Request) -> web.Response:
        await self._checked(request)
        asked = request.query
        if asked.get("list-type") != "2":
            raise _error(501, "NotImplemented")
        prefix, delimiter = asked.get("prefix", ""), asked.get("delimiter", "")
        after = max(asked.get("start-after", ""), asked.get("continuation-token", ""))
        most = min(int(asked.get("max-keys", self.page_size)), self.page_size)
        rows = [row for row in self._rows(prefix, delimiter) if row[0] > after]
        shown, is_cut = rows[:most], len(rows) > most
        request["detail"].update(prefix=prefix, keys=len(shown))
        listed = "".join(text for _, text in shown)
        token = f"<NextContinuationToken>{escape(shown[-1][0])}</NextContinuationToken>" if is_cut else ""
        return _xml(
            f'<ListBucketResult xmlns="{NAMESPACE}"><Name>{self.bucket}</Name><Prefix>{escape(prefix)}</Prefix>'
            f"<KeyCount>{len(shown)}</KeyCount><MaxKeys>{most}</MaxKeys>"
            f"<IsTruncated>{str(is_cut).lower()}</IsTruncated>{token}{listed}</ListBucketResult>"
        )

    def _rows(self, prefix: str, delimiter: str) -> list[tuple[str, str]]:
        rows: dict[str, str] = {}
        for key in sorted(self.objects):
            if not key.startswith(prefix):
                continue
            folder, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
            if found:
                name = prefix + folder + delimiter
                rows[name] = f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>"
            else:
                rows[key] = f"<Contents><Key>{escape(key)}</Key><Size>{len(self.objects[key])}</Size></Contents>"
        return sorted(rows.items())

    async def _checked(self, request: web.Request) -> bytes:
        """The body; an error for another bucket, another signer, or a body that is not the signed one."""
        if request.match_info["bucket"] != self.bucket:
            raise _error(404, "NoSuchBucket")
        body = await request.read()
        given = _AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
        if given is None or not hmac.compare_digest(_signature(request, given[1], given[2]), given[3]):
            raise _error(403, "SignatureDoesNotMatch")
        if request.headers.get("x-amz-content-sha256") != hashlib.sha256(body).hexdigest():
            raise _error(400, "XAmzContentSHA256Mismatch")
        return body


def _signature(request: web.Request, credential: str, signed: str) -> str:
    """AWS signature version 4 of the request by SECRET; never equal for another key or region."""
    key, _, scope = credential.partition("/")
    day, region, service, end = scope.split("/")
    if (key, region, service, end) != (KEY, REGION, "s3", "aws4_request"):
        return ""
    query = "&".join(sorted(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in request.query.items()))
    headers = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in signed.split(";"))
    body_hash = request.headers.get("x-amz-content-sha256", "")
    canonical = "\n".join([request.method, request.raw_path.partition("?")[0], query, headers, signed, body_hash])
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join(["AWS4-HMAC-SHA256", request.headers.get("x-amz-date", ""), scope, hashed])
    secret = f"AWS4{SECRET}".encode()
    for part in (day, region, service, end, to_sign):
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    return secret.hex()


def _xml(text: str, status: int = 200) -> web.Response:
    return web.Response(status=status, text=f'<?xml version="1.0"?>{text}', content_type="application/xml")


def _error(status: int, code: str) -> web.HTTPException:
    text = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{code}</Message></Error>'
    made: Any = type(code, (web.HTTPException,), {"status_code": status})
    error: web.HTTPException = made(text=text, content_type="application/xml")
    return error


@contextmanager
def object_server(**options: Any) -> Iterator[ObjectServer]:
    """A running one."""
    with serving(ObjectServer(**options)) as server:
        yield server
