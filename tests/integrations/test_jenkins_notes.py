"""Job XML is read within bounds, and the portal's note in a description is read as it was written."""

from __future__ import annotations

import pytest

from apps.common.errors import Rejected
from apps.integrations.jenkins import guarded, jobxml, notes


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        ('<!DOCTYPE p [<!ENTITY a "aaaa">]><project>&a;</project>', "jenkins.template_invalid"),
        ('<!DOCTYPE p SYSTEM "file:///etc/passwd"><project/>', "jenkins.template_invalid"),
        ("<a>" * 65 + "</a>" * 65, "jenkins.config_too_large"),
        (f"<a>{'<b/>' * 50_000}</a>", "jenkins.config_too_large"),
        (f"<a>{'x' * guarded.MOST_CHARACTERS}</a>", "jenkins.config_too_large"),
        ("<a>", "jenkins.template_invalid"),
        ("<a>&nbsp;</a>", "jenkins.template_invalid"),
    ],
    ids=["entity", "outside", "deep", "many", "long", "cut", "unknown entity"],
)
def test_xml_that_could_harm_is_not_read(xml: str, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        jobxml.parse(xml)
    assert caught.value.code == code


def test_xml_within_the_bounds_is_read() -> None:
    assert jobxml.parse("<a>" * 64 + "</a>" * 64).tag == "a"
    html = "<?xml version='1.1' encoding='UTF-8'?>\n<project><x>&lt;!DOCTYPE html&gt;</x></project>"
    assert jobxml.parse(html).findtext("x") == "<!DOCTYPE html>"


@pytest.mark.parametrize(
    "note",
    [
        notes.Note("", "k", "s.1", "tpl-go", "0" * 12),
        notes.Note("two\nlines", "k", "", "templates/java maven", "0" * 12),
        notes.Note("", "", "", "tpl-go", "0" * 12),
        notes.Note("nobody's"),
    ],
)
def test_a_note_is_read_as_it_was_written(note: notes.Note) -> None:
    assert notes.read(note.as_text()) == note
    assert notes.read(note.as_text().replace("\n", "\r\n") + "\r\n") == note
