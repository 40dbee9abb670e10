"""Gives each audit row its position and hash, in id order, and checks the chain.

Must not: run twice at once (an advisory lock sees to it) or touch anything but the empty seal of a row.
"""

from __future__ import annotations

from collections.abc import Iterator

import structlog
from django.db import connection, transaction

from apps.audit.models import AuditEvent, AuditHead
from apps.common.db import db_now
from apps.common.hashchain import GENESIS, Link, Verdict, link_hash, verify

log = structlog.get_logger(__name__)
LOCK = 7_201_001  # advisory lock number of the sealer


def seal(limit: int = 500) -> int:
    """Seal up to `limit` rows; 0 when there are none or another sealer is at work."""
    with transaction.atomic():
        if not _alone():
            return 0
        rows = list(AuditEvent.objects.filter(seq__isnull=True).order_by("id")[:limit])
        if not rows:
            return 0
        head = _head()
        seq, prev = head.seq, head.hash
        seals: list[tuple[int, int, str, str]] = []
        for row in rows:
            seq += 1
            digest = link_hash(prev, seq, row.content())
            seals.append((row.id, seq, prev, digest))
            prev = digest
        _write(seals)
        AuditHead.objects.update_or_create(id=1, defaults={"seq": seq, "hash": prev})
    # the head in the log is a witness outside the database
    log.info("audit_sealed", rows=len(rows), seq=seq, head=prev)
    return len(rows)


def verify_chain() -> Verdict:
    """Check every sealed row up to the recorded end; names the first position that does not hold."""
    head = AuditHead.objects.filter(id=1).first()
    if head is None:
        first = AuditEvent.objects.filter(seq__isnull=False).order_by("seq").values_list("seq", flat=True).first()
        return Verdict(0, GENESIS) if first is None else Verdict(0, GENESIS, first, "chain.no_head")
    verdict = verify(_links(head.seq))
    if not verdict.is_intact:
        return verdict
    if verdict.checked != head.seq:
        return Verdict(verdict.checked, verdict.head, verdict.checked + 1, "chain.missing")
    if verdict.head != head.hash:
        return Verdict(verdict.checked, verdict.head, head.seq, "chain.broken")
    return verdict


def unsealed_count() -> int:
    """Rows that wait for the sealer."""
    return AuditEvent.objects.filter(seq__isnull=True).count()


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        row = cursor.fetchone()
    return bool(row and row[0])


def _head() -> AuditHead:
    head = AuditHead.objects.filter(id=1).first()
    if head is not None:
        return head
    last = AuditEvent.objects.filter(seq__isnull=False).order_by("-seq").first()
    if last is None or last.seq is None or last.hash is None:
        return AuditHead(seq=0, hash=GENESIS)
    log.error("audit_head_missing", seq=last.seq)
    return AuditHead(seq=last.seq, hash=last.hash)


def _write(seals: list[tuple[int, int, str, str]]) -> None:
    ids, seqs, prevs, hashes = (list(column) for column in zip(*seals, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE audit_auditevent AS event
               SET seq = seal.seq, prev_hash = seal.prev_hash, hash = seal.hash, sealed_at = %s
               FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[]) AS seal(id, seq, prev_hash, hash)
               WHERE event.id = seal.id""",
            [db_now(), ids, seqs, prevs, hashes],
        )


def _links(last_seq: int) -> Iterator[Link]:
    rows = AuditEvent.objects.filter(seq__lte=last_seq).order_by("seq")
    for row in rows.iterator(chunk_size=2000):
        assert row.seq is not None
        yield Link(row.seq, row.content(), row.prev_hash or "", row.hash or "")
