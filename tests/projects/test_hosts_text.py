"""The text of a hosts file: what is accepted, what is refused with its line, entries and differences."""

from __future__ import annotations

from typing import Any

import pytest

from apps.common.errors import Invalid
from apps.common.messages import sentence
from apps.projects.hosts import HostEntry, Moved, checked, difference, entries, unified

WHOLE = """\
# the databases of the test environment
127.0.0.1   localhost
::1         localhost ip6-localhost

10.0.0.5\tdb.example.internal DB   # moved in spring
10.0.0.6  cache
10.0.0.5  reports.example.internal db
"""


def problems(text: str) -> list[tuple[str, dict[str, Any]]]:
    """What each refused line is told: code and params, in order."""
    with pytest.raises(Invalid) as caught:
        checked(text)
    assert caught.value.fields is not None
    return [(item["code"], item["params"]) for item in caught.value.fields["text"]]


class TestWhatIsAccepted:
    def test_the_text_keeps_comments_order_and_case_and_loses_blanks_at_the_ends_of_lines(self) -> None:
        assert checked(WHOLE) == WHOLE
        assert checked("\ufeff10.0.0.1 a \t\r\n#  意思 \r\n\n\n") == "10.0.0.1 a\n#  意思\n"
        assert checked("10.0.0.1 a") == "10.0.0.1 a\n"

    @pytest.mark.parametrize("text", ["", "\n", " \t\r\n\r\n", "\ufeff"])
    def test_nothing_stays_nothing(self, text: str) -> None:
        assert checked(text) == ""
        assert entries(checked(text)) == ()

    def test_entries_are_one_per_address_in_order_with_names_in_lower_case_once(self) -> None:
        assert entries(WHOLE) == (
            HostEntry("127.0.0.1", ("localhost",)),
            HostEntry("::1", ("localhost", "ip6-localhost")),
            HostEntry("10.0.0.5", ("db.example.internal", "db", "reports.example.internal")),
            HostEntry("10.0.0.6", ("cache",)),
        )

    def test_two_spellings_of_an_ipv6_address_are_one(self) -> None:
        text = "2001:DB8:0:0::1 a\n2001:db8::1 b\n"
        assert entries(text) == (HostEntry("2001:db8::1", ("a", "b")),)

    def test_64_kib_in_2000_lines_are_accepted(self) -> None:
        lines = [f"10.{n // 256}.{n % 256}.1 n{n:04d}." + "x" * 8 for n in range(1_999)]
        text = "".join(f"{line}\n" for line in lines)
        text += "#" + "y" * (64 * 1024 - len(text) - 2) + "\n"
        assert (len(text), text.count("\n")) == (64 * 1024, 2_000)
        assert checked(text) == text
        assert len(entries(text)) == 1_999


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("line", "code", "params"),
        [
            ("10.0.0.300 a", "hosts.bad_address", {"value": "10.0.0.300", "address": None}),
            ("10.0.0 a", "hosts.bad_address", {"value": "10.0.0", "address": None}),
            ("010.0.0.1 a", "hosts.bad_address", {"value": "010.0.0.1", "address": None}),
            ("１０.0.0.1 a", "hosts.bad_address", {"value": "１０.0.0.1", "address": None}),
            ("fe80::1%eth0 a", "hosts.bad_address", {"value": "fe80::1%eth0", "address": None}),
            ("[::1] a", "hosts.bad_address", {"value": "[::1]", "address": None}),
            ("10.0.0.1:80 a", "hosts.bad_address", {"value": "10.0.0.1:80", "address": None}),
            ("<script>", "hosts.bad_address", {"value": "<script>", "address": None}),
            ("z" * 300 + " a", "hosts.bad_address", {"value": "z" * 100, "address": None}),
            ("db 10.0.0.1", "hosts.name_first", {"value": "db", "address": "10.0.0.1"}),
            ("10.0.0.1", "hosts.no_name", {"address": "10.0.0.1"}),
            ("10.0.0.1 # db", "hosts.no_name", {"address": "10.0.0.1"}),
            ("10.0.0.1 my_db", "hosts.bad_name", {"name": "my_db"}),
            ("10.0.0.1 -db", "hosts.bad_name", {"name": "-db"}),
            ("10.0.0.1 db-", "hosts.bad_name", {"name": "db-"}),
            ("10.0.0.1 db.", "hosts.bad_name", {"name": "db."}),
            ("10.0.0.1 a..b", "hosts.bad_name", {"name": "a..b"}),
            ("10.0.0.1 *.example", "hosts.bad_name", {"name": "*.example"}),
            ("10.0.0.1 10.0.0.2", "hosts.bad_name", {"name": "10.0.0.2"}),
            ("10.0.0.1 数据库", "hosts.bad_name", {"name": "数据库"}),
            ("10.0.0.1 a\u00a0b", "hosts.bad_name", {"name": "a\u00a0b"}),
            ("10.0.0.1 " + "a" * 64, "hosts.bad_name", {"name": "a" * 64}),
            ("10.0.0.1 " + ".".join(["a" * 63] * 4), "hosts.bad_name", {"name": ".".join(["a" * 63] * 4)[:100]}),
            ("10.0.0.1 a\x07", "hosts.bad_character", {"character": "U+0007"}),
            ("10.0.0.1 a\r10.0.0.2 b", "hosts.bad_character", {"character": "U+000D"}),
            ("# \u202egnp", "hosts.bad_character", {"character": "U+202E"}),
            ("# a\u2028b", "hosts.bad_character", {"character": "U+2028"}),
            ("# a\x0cb", "hosts.bad_character", {"character": "U+000C"}),
        ],
    )
    def test_a_line_is_named_with_what_is_wrong(self, line: str, code: str, params: dict[str, Any]) -> None:
        assert problems(f"# first\n\n{line}\n10.9.9.9 fine\n") == [(code, {"line": 3, **params})]

    def test_a_name_with_two_addresses_is_refused_with_both_lines(self) -> None:
        text = "10.0.0.1 db\n# x\n10.0.0.2 web DB\n::1 db\n::2 db\n"
        expected = {"name": "db", "line": 3, "address": "10.0.0.2", "first_line": 1, "first_address": "10.0.0.1"}
        again = {"name": "db", "line": 5, "address": "::2", "first_line": 4, "first_address": "::1"}
        assert problems(text) == [("hosts.two_addresses", expected), ("hosts.two_addresses", again)]

    def test_every_line_is_told_and_the_whole_says_how_many(self) -> None:
        with pytest.raises(Invalid) as caught:
            checked("x\n10.0.0.1\n10.0.0.1 a_b c_d\n")
        assert (caught.value.code, caught.value.params) == ("hosts.bad_lines", {"count": 4, "line": 1})
        assert [code for code, _ in problems("x\n10.0.0.1\n10.0.0.1 a_b c_d\n")] == [
            "hosts.bad_address",
            "hosts.no_name",
            "hosts.bad_name",
            "hosts.bad_name",
        ]

    def test_at_most_fifty_problems_are_told(self) -> None:
        with pytest.raises(Invalid) as caught:
            checked("x\n" * 1_500)
        assert caught.value.params["count"] == 1_500
        assert len(problems("x\n" * 1_500)) == 50

    def test_one_byte_or_line_more_is_too_much(self) -> None:
        most = "#" + "y" * (64 * 1024 - 2)
        assert checked(most) == f"{most}\n"
        assert problems(f"{most}y") == [("hosts.too_large", {"kib": 65, "most_kib": 64})]
        assert problems("#" + "字" * (64 * 1024 // 3)) == [("hosts.too_large", {"kib": 65, "most_kib": 64})]
        assert checked("#\n" * 2_000) == "#\n" * 2_000
        assert problems("#\n" * 2_001) == [("hosts.too_many_lines", {"lines": 2_001, "most": 2_000})]

    def test_the_sentence_says_the_lines(self) -> None:
        code, params = problems("10.0.0.1 db\n10.0.0.2 db\n")[0]
        assert sentence(code, params) == (
            "“db” has the address 10.0.0.1 in line 1 and 10.0.0.2 in line 2. Keep one of the two."
        )
        assert sentence(code, params, "zh") == ("“db”在第 1 行的地址是 10.0.0.1，在第 2 行是 10.0.0.2。请只保留一个。")


class TestDifference:
    def test_it_says_which_names_came_went_and_moved(self) -> None:
        before = "10.0.0.1 stays gone\n10.0.0.2 moves\n::1 both\n"
        after = "10.0.0.3 moves new\n10.0.0.1 STAYS\n127.0.0.1 both\n::1 both\n# note\n"
        found = difference(before, after)
        assert dict(found.added) == {"new": ("10.0.0.3",)}
        assert dict(found.removed) == {"gone": ("10.0.0.1",)}
        assert found.changed == (
            Moved("both", ("::1",), ("127.0.0.1", "::1")),
            Moved("moves", ("10.0.0.2",), ("10.0.0.3",)),
        )

    def test_order_comments_and_case_mean_nothing(self) -> None:
        found = difference("10.0.0.1 a b\n10.0.0.2 c\n", "# x\n10.0.0.2 C\n10.0.0.1 b\n10.0.0.1 a\n")
        assert (dict(found.added), dict(found.removed), found.changed) == ({}, {}, ())

    def test_the_text_is_as_diff_writes_it(self) -> None:
        assert unified("10.0.0.1 a\n10.0.0.2 b\n", "10.0.0.1 a\n10.0.0.3 b\n", "test version 1", "test version 2") == (
            "--- test version 1\n+++ test version 2\n@@ -1,2 +1,2 @@\n 10.0.0.1 a\n-10.0.0.2 b\n+10.0.0.3 b\n"
        )
        assert unified(WHOLE, WHOLE, "a", "b") == ""
