"""The trail is written with the change, cannot be altered, and every alteration by force is found."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from apps.audit import services as audit
from apps.audit.models import AuditEvent, AuditHead
from apps.audit.sealer import LOCK, seal, unsealed_count, verify_chain
from apps.policy.actor import Actor

ACTOR = Actor(5, "li.wei", "token", token_id=8, ip="10.1.2.3", request_id="request-1")


def make(count: int = 1) -> list[AuditEvent]:
    with transaction.atomic():
        return [
            audit.record(
                "release.promoted",
                target=("releases.release", n, f"v{n}"),
                params={"digest": "sha256:ab", "n": n, "text": "名"},
                project_id=3,
                environment_id=4,
                actor=ACTOR,
            )
            for n in range(1, count + 1)
        ]


@pytest.mark.django_db(transaction=True)
class TestWriting:
    def test_a_row_outside_a_transaction_is_a_defect(self) -> None:
        with pytest.raises(RuntimeError, match="outside the transaction"):
            audit.record("x.done", actor=ACTOR)
        assert AuditEvent.objects.count() == 0

    def test_the_row_falls_with_its_change(self) -> None:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            audit.record("x.done", actor=ACTOR)
            _ = 1 / 0
        assert AuditEvent.objects.count() == 0

    def test_the_row_tells_who_what_when_and_from_where(self) -> None:
        make()
        row = AuditEvent.objects.get()
        assert row.created_at.tzinfo is not None
        assert {k: v for k, v in row.content().items() if k not in ("id", "created_at")} == {
            "actor_id": 5,
            "actor_name": "li.wei",
            "actor_kind": "token",
            "token_id": 8,
            "ip": "10.1.2.3",
            "request_id": "request-1",
            "action": "release.promoted",
            "outcome": "done",
            "target_type": "releases.release",
            "target_id": "1",
            "target_name": "v1",
            "project_id": 3,
            "environment_id": 4,
            "params": {"digest": "sha256:ab", "n": 1, "text": "名"},
        }


@pytest.mark.django_db
class TestAppendOnly:
    @pytest.mark.parametrize("is_sealed", [False, True])
    @pytest.mark.parametrize(
        "change",
        [{"actor_name": "other"}, {"params": {}}, {"project_id": None}, {"created_at": "2020-01-01T00:00Z"}]
        + [{"seq": 1, "action": "x"}, {"id": 99}],
    )
    def test_no_column_can_be_changed(self, change: dict[str, object], is_sealed: bool) -> None:
        make()
        if is_sealed:
            seal()
        with pytest.raises(DatabaseError, match="audit rows cannot be changed"), transaction.atomic():
            AuditEvent.objects.update(**change)
        assert AuditEvent.objects.get().actor_name == "li.wei"

    @pytest.mark.parametrize("change", [{"seq": 2}, {"seq": None}, {"hash": "0" * 64}, {"sealed_at": None}])
    def test_a_seal_cannot_be_replaced(self, change: dict[str, object]) -> None:
        make()
        seal()
        with pytest.raises(DatabaseError, match="audit rows cannot be changed"), transaction.atomic():
            AuditEvent.objects.update(**change)
        assert verify_chain().is_intact

    def test_no_row_can_be_deleted(self) -> None:
        make()
        with pytest.raises(DatabaseError, match="audit rows cannot be deleted"), transaction.atomic():
            AuditEvent.objects.all().delete()
        assert AuditEvent.objects.count() == 1


def by_force(sql: str) -> None:
    """What somebody with the table owner's rights could do."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
        cursor.execute(sql)
        cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER USER")


@pytest.mark.django_db
class TestChain:
    def test_rows_are_sealed_in_order_and_once(self) -> None:
        first, second, third = make(3)
        assert (seal(2), unsealed_count(), seal(2), seal(2)) == (2, 1, 1, 0)
        rows = list(AuditEvent.objects.order_by("seq"))
        assert [(r.id, r.seq) for r in rows] == [(first.id, 1), (second.id, 2), (third.id, 3)]
        assert [r.prev_hash for r in rows] == ["0" * 64, rows[0].hash, rows[1].hash]
        verdict = verify_chain()
        assert (verdict.is_intact, verdict.checked, verdict.head) == (True, 3, rows[2].hash)

    def test_an_empty_trail_is_intact(self) -> None:
        assert (seal(), verify_chain().is_intact) == (0, True)

    @pytest.mark.parametrize(
        ("sql", "position", "code"),
        [
            ("UPDATE audit_auditevent SET actor_name = 'other' WHERE seq = 3", 3, "chain.changed"),
            ("UPDATE audit_auditevent SET params = params || '{\"n\": 99}' WHERE seq = 1", 1, "chain.changed"),
            (
                "UPDATE audit_auditevent SET created_at = created_at - interval '1 us' WHERE seq = 5",
                5,
                "chain.changed",
            ),
            ("DELETE FROM audit_auditevent WHERE seq = 1", 1, "chain.missing"),
            ("DELETE FROM audit_auditevent WHERE seq = 4", 4, "chain.missing"),
            ("DELETE FROM audit_auditevent WHERE seq >= 4", 4, "chain.missing"),
            ("DELETE FROM audit_auditevent", 1, "chain.missing"),
            ("UPDATE audit_auditevent SET hash = repeat('a', 64) WHERE seq = 2", 2, "chain.changed"),
            ("UPDATE audit_auditevent SET seq = seq + 100 WHERE seq = 2", 2, "chain.missing"),
            ("DELETE FROM audit_audithead", 1, "chain.no_head"),
            ("UPDATE audit_audithead SET hash = repeat('a', 64)", 5, "chain.broken"),
        ],
    )
    def test_every_alteration_is_found_and_its_position_named(self, sql: str, position: int, code: str) -> None:
        make(5)
        seal()
        by_force(sql)
        verdict = verify_chain()
        assert (verdict.bad_seq, verdict.code) == (position, code)

    def test_the_command_says_what_is_wrong_and_fails(self) -> None:
        make(3)
        seal()
        out = StringIO()
        call_command("verify_audit", stdout=out)
        assert out.getvalue().startswith("3 rows are intact, head ")
        by_force("UPDATE audit_auditevent SET ip = '' WHERE seq = 2")
        with pytest.raises(CommandError, match="Audit position 2 was changed after it was sealed"):
            call_command("verify_audit")


@pytest.mark.django_db(transaction=True)
def test_a_second_sealer_does_nothing_while_one_is_at_work() -> None:
    make(2)
    other = connection.copy()
    try:
        with transaction.atomic(), other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            assert seal() == 0
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    finally:
        other.close()
    assert seal() == 2
    assert AuditHead.objects.get().seq == 2
