"""Reading XML that came from outside: no document type (so no entities), and bounds on size, depth and elements.

The bounds hold while the parser runs, so that nothing large or deep is ever built. Must not: know what a job is.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from apps.common.errors import Rejected

MOST_CHARACTERS = 4 * 1024 * 1024
MOST_LEVELS = 64
MOST_ELEMENTS = 50_000


class _Builder(ET.TreeBuilder):
    """Counts what the parser reports, and stops it."""

    def __init__(self) -> None:
        super().__init__()
        self._level = 0
        self._elements = 0

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """A document type could define entities that grow: none is accepted."""
        raise Rejected("jenkins.template_invalid", said="DOCTYPE")

    def start(self, tag: str, attrs: dict[str, str], /) -> ET.Element:
        """An element begins."""
        self._level += 1
        self._elements += 1
        if self._level > MOST_LEVELS:
            raise Rejected("jenkins.config_too_large", what="levels", limit=MOST_LEVELS)
        if self._elements > MOST_ELEMENTS:
            raise Rejected("jenkins.config_too_large", what="elements", limit=MOST_ELEMENTS)
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ET.Element:
        """An element ends."""
        self._level -= 1
        return super().end(tag)


def read(text: str) -> ET.Element:
    """The root of the document; Rejected `jenkins.template_invalid` or `jenkins.config_too_large`."""
    if len(text) > MOST_CHARACTERS:
        raise Rejected("jenkins.config_too_large", what="characters", limit=MOST_CHARACTERS)
    parser = ET.XMLParser(target=_Builder())  # noqa: S314 - no document type gets through, so nothing is expanded
    try:
        return ET.fromstring(text, parser)  # noqa: S314 - as above
    except ET.ParseError as error:
        raise Rejected("jenkins.template_invalid", said=str(error)) from None
