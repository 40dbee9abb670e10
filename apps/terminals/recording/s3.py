"""Recordings in S3-compatible object storage: one object per segment, `<prefix>/<session>/<offset>-<seq>.cast`.

An object appears whole or not at all, so a segment is never torn. The names sort as the stream goes, and tell each
segment's place without reading it. Must not: be called on the loop, or put the secret into an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import uuid4

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.exceptions import ImproperlyConfigured

from apps.terminals.recording.errors import RecordingError

WRITERS, READERS = 16, 8
# A quiet hour is thousands of small objects: so many of them are fetched for one reading, side by side.
OBJECTS_AT_ONCE, BYTES_AT_ONCE = 64, 8 * 1024 * 1024
CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 3.0
# How far before an offset the object that holds it may begin: no segment of the recorder's is longer, were every byte of its
# output an escaped one of six.
LONGEST_OBJECT = 16 * 1024 * 1024
DELETED_AT_ONCE = 1000
_NAME = re.compile(r"(\d{15})-(\d{9})\.cast\Z")
_FULL = frozenset({"QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "507"})


class ObjectStore:
    """A bucket, or a part of one below a prefix."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix

    @classmethod
    def from_url(cls, url: str, timeout: float) -> ObjectStore:
        """`s3://key:secret@host:port/bucket/prefix?region=…&tls=0`; `timeout` seconds bound an answer that is read."""
        parts = urlsplit(url)
        bucket, _, prefix = unquote(parts.path).strip("/").partition("/")
        if parts.scheme != "s3" or not (parts.hostname and bucket and parts.username and parts.password):
            raise ImproperlyConfigured("OPSPORTAL_RECORDING_URL is not of the form s3://key:secret@host/bucket?region=")
        query = dict(parse_qsl(parts.query))
        scheme = "http" if query.get("tls") == "0" else "https"
        host = parts.netloc.rpartition("@")[2]
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=min(timeout, ANSWER_SECONDS),
            retries={"total_max_attempts": 2, "mode": "standard"},
            max_pool_connections=WRITERS + READERS,
            # Hosts other than Amazon's rarely have a name per bucket, and not all know the newer checksums.
            s3={"addressing_style": "path", "payload_signing_enabled": True},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        client = boto3.session.Session().client(
            "s3",
            endpoint_url=f"{scheme}://{host}",
            region_name=query.get("region") or "us-east-1",
            aws_access_key_id=unquote(parts.username),
            aws_secret_access_key=unquote(parts.password),
            config=config,
        )
        return cls(client, bucket, prefix)

    def create(self, session_id: int) -> None:
        """Nothing is written yet; there may only be nothing."""
        with _our_errors():
            found = self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._folder(session_id), MaxKeys=1)
        if found.get("Contents"):
            raise RecordingError("recording.exists")

    def append(self, session_id: int, seq: int, offset: int, data: bytes | memoryview) -> None:
        """One object; the body is signed, so one that changed on its way is refused."""
        with _our_errors():
            self._client.put_object(Bucket=self._bucket, Key=self._key(session_id, seq, offset), Body=bytes(data))

    def cut(self, session_id: int, seq: int, offset: int) -> None:
        """The object of that segment goes."""
        with _our_errors():
            self._client.delete_object(Bucket=self._bucket, Key=self._key(session_id, seq, offset))

    def find_size(self, session_id: int) -> int | None:
        """Where the last object ends."""
        ends = [offset + size for _, offset, size in self._objects(session_id)]
        return ends[-1] if ends else None

    def read(self, session_id: int, offset: int, limit: int) -> bytes:
        """Only what is asked for is fetched. `recording.lost_segment` where nothing lies and something follows."""
        parts: list[tuple[str, int, int]] = []
        at, is_there = offset, False
        for key, start, size in self._objects(session_id, from_offset=offset):
            is_there = True
            if start + size <= at:
                continue
            if start > at and not parts:
                raise RecordingError("recording.lost_segment", position=at)
            if start > at or at >= offset + limit or len(parts) == OBJECTS_AT_ONCE:
                break
            end = min(start + size, offset + limit)
            parts.append((key, at - start, end - start))
            at = end
        if not is_there and self.find_size(session_id) is None:
            raise RecordingError("recording.missing")
        return b"".join(self._fetched(parts))

    def stream(self, session_id: int) -> Iterator[bytes]:
        """Object by object, also where one is missing between them."""
        parts = [(key, 0, size) for key, _, size in self._objects(session_id)]
        if not parts:
            raise RecordingError("recording.missing")
        for some in _batches(parts):
            yield from self._fetched(some)

    def ids(self) -> Iterator[int]:
        """Sessions with at least one object."""
        prefix = f"{self._prefix}/" if self._prefix else ""
        with _our_errors():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=prefix, Delimiter="/"
            )
            for page in pages:
                for found in page.get("CommonPrefixes", []):
                    name = found["Prefix"].removeprefix(prefix).rstrip("/")
                    if name.isdecimal():
                        yield int(name)

    def delete(self, session_id: int) -> None:
        """All objects below the session's name."""
        keys = [{"Key": key} for key, _, _ in self._objects(session_id)]
        for start in range(0, len(keys), DELETED_AT_ONCE):
            some = {"Objects": keys[start : start + DELETED_AT_ONCE], "Quiet": True}
            with _our_errors():
                told = self._client.delete_objects(Bucket=self._bucket, Delete=some)
            if told.get("Errors"):
                raise RecordingError("recording.refused", said=str(told["Errors"][0].get("Code", "")))

    def check(self) -> None:
        """A probe object, read back."""
        key = f"{self._prefix}/" if self._prefix else ""
        key += f"probe-{uuid4().hex}"
        with _our_errors():
            self._client.put_object(Bucket=self._bucket, Key=key, Body=b"probe")
            read = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            self._client.delete_object(Bucket=self._bucket, Key=key)
        if read != b"probe":
            raise RecordingError("recording.altered")

    def _folder(self, session_id: int) -> str:
        return f"{self._prefix}/{session_id}/" if self._prefix else f"{session_id}/"

    def _key(self, session_id: int, seq: int, offset: int) -> str:
        return f"{self._folder(session_id)}{offset:015d}-{seq:09d}.cast"

    def _objects(self, session_id: int, from_offset: int = 0) -> Iterator[tuple[str, int, int]]:
        """Key, offset and size in the stream's order, from an object on that begins before `from_offset`."""
        folder = self._folder(session_id)
        begin = max(0, from_offset - LONGEST_OBJECT)
        with _our_errors():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=folder, StartAfter=f"{folder}{begin:015d}"
            )
            for page in pages:
                for found in page.get("Contents", []):
                    named = _NAME.match(found["Key"].removeprefix(folder))
                    if named is not None:
                        yield found["Key"], int(named[1]), int(found["Size"])

    def _fetched(self, parts: list[tuple[str, int, int]]) -> list[bytes]:
        """Parts of objects (key, first byte, byte after the last), side by side and in their order."""
        if len(parts) < 2:
            return [self._part(*part) for part in parts]
        with ThreadPoolExecutor(min(READERS, len(parts)), thread_name_prefix="recording-read") as readers:
            return list(readers.map(lambda part: self._part(*part), parts))

    def _part(self, key: str, first: int, end: int) -> bytes:
        if first == end:
            return b""
        with _our_errors():
            answer = self._client.get_object(Bucket=self._bucket, Key=key, Range=f"bytes={first}-{end - 1}")
            data: bytes = answer["Body"].read()
        return data


def _batches(parts: list[tuple[str, int, int]]) -> Iterator[list[tuple[str, int, int]]]:
    """What is fetched side by side, and so in memory: OBJECTS_AT_ONCE, or BYTES_AT_ONCE and one more."""
    batch: list[tuple[str, int, int]] = []
    for part in parts:
        batch.append(part)
        if len(batch) == OBJECTS_AT_ONCE or sum(end - first for _, first, end in batch) >= BYTES_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        raise RecordingError("recording.no_space" if code in _FULL else "recording.refused", said=code) from error
    except BotoCoreError as error:
        raise RecordingError("recording.refused", said=type(error).__name__) from error
