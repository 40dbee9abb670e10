"""Canonical JSON, the hash chain, the encrypted field."""

from __future__ import annotations

import dataclasses

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.core.exceptions import FieldError
from django.db import models
from django.test import override_settings

from apps.common.canonical import canonical_json, sha256_hex
from apps.common.fields import EncryptedField
from apps.common.hashchain import GENESIS, Link, link_hash, verify


def test_equal_content_has_one_form() -> None:
    assert canonical_json({"b": 1, "a": ["ü", None, True]}) == '{"a":["ü",null,true],"b":1}'.encode()
    assert sha256_hex({"a": 1, "b": 2}) == sha256_hex({"b": 2, "a": 1})


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, object()])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        canonical_json(value)


def chain(count: int) -> list[Link]:
    links, prev = [], GENESIS
    for seq in range(1, count + 1):
        digest = link_hash(prev, seq, {"n": seq})
        links.append(Link(seq, {"n": seq}, prev, digest))
        prev = digest
    return links


def test_an_intact_chain_is_found_intact() -> None:
    verdict = verify(chain(5))
    assert (verdict.is_intact, verdict.checked) == (True, 5)


@pytest.mark.parametrize("position", [1, 3, 5])
def test_a_changed_link_is_named(position: int) -> None:
    links = chain(5)
    links[position - 1] = dataclasses.replace(links[position - 1], content={"n": "other"})
    verdict = verify(links)
    assert (verdict.bad_seq, verdict.code) == (position, "chain.changed")


def test_a_link_with_a_recomputed_hash_breaks_the_next() -> None:
    links = chain(5)
    forged = dataclasses.replace(links[2], content={"n": 0}, hash=link_hash(links[2].prev_hash, 3, {"n": 0}))
    verdict = verify([*links[:2], forged, *links[3:]])
    assert (verdict.bad_seq, verdict.code) == (4, "chain.broken")


def test_a_removed_link_is_named() -> None:
    links = chain(5)
    verdict = verify(links[:2] + links[3:])
    assert (verdict.bad_seq, verdict.code) == (3, "chain.missing")


def field() -> EncryptedField:
    made = EncryptedField()
    made.set_attributes_from_name("secret")
    return made


def test_an_encrypted_value_is_not_in_the_column_and_comes_back() -> None:
    stored = field().get_prep_value("glpat-canary")
    assert "canary" not in stored
    assert stored != field().get_prep_value("glpat-canary")
    assert field().from_db_value(stored, None, None) == "glpat-canary"
    assert (field().get_prep_value(""), field().from_db_value(None, None, None)) == ("", None)


def test_an_older_key_still_reads_and_the_first_one_writes() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    with override_settings(FIELD_KEYS=[old]):
        stored = field().get_prep_value("x")
    with override_settings(FIELD_KEYS=[new, old]):
        assert field().from_db_value(stored, None, None) == "x"
        rewritten = field().get_prep_value("x")
    with override_settings(FIELD_KEYS=[new]):
        assert field().from_db_value(rewritten, None, None) == "x"
        with pytest.raises(InvalidToken):
            field().from_db_value(stored, None, None)


def test_an_encrypted_column_cannot_be_searched() -> None:
    with pytest.raises(FieldError):
        field().get_lookup("exact")
    assert field().get_lookup("isnull") is models.lookups.IsNull
