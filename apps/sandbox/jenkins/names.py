"""Which job names Jenkins takes, and in which words it refuses the others.

Must not: look at existing jobs.
"""

from __future__ import annotations

UNSAFE = "?*/\\%!@#$^&|<>[]:;"
MAX_FILE_NAME = 255


def complaint(name: str) -> str | None:
    """Why this name is refused, or None."""
    if not name:
        return "No name is specified"
    if name.strip() in (".", ".."):
        return f"‘{name}’ is not an allowed name"
    for letter in name:
        if ord(letter) < 32 or 127 <= ord(letter) < 160:
            shown = "".join("?" if ord(x) < 32 else x for x in name)
            return f"No control code is allowed: {shown}"
        if letter in UNSAFE:
            return f"‘{letter}’ is an unsafe character"
    if name.strip().endswith("."):
        return "A name cannot end with ‘.’"
    return None


def too_long(name: str) -> bool:
    """Whether the file system refuses the name."""
    return len(name.encode()) > MAX_FILE_NAME
