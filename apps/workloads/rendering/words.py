"""A person's words in places where Kubernetes would expand `$(NAME)`: escaped, so that they arrive as they were written.

Source: Kubernetes' third_party/forked/golang/expansion: `$$` becomes `$` and `$(NAME)` the variable's value, in
`command`, `args`, `env[].value` and exec probes, not in lifecycle handlers. Must not: be applied twice.
"""

from __future__ import annotations

import re

_EXPANDED = re.compile(r"\$(?=[$(])")


def literal(text: str) -> str:
    """The text whose expansion is `text`."""
    return _EXPANDED.sub("$$", text)


def literals(words: list[str]) -> list[str]:
    """The same, word by word."""
    return [literal(word) for word in words]
