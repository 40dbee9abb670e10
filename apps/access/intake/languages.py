"""A guess at a service's language: from the portal's template, the tools its job calls, then its name (P7).

A pure function; a guess is shown and may be corrected. Must not: name a language that the catalog does not have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

OF_TOOL = {"maven": "java", "gradle": "java", "npm": "nodejs", "go": "go", "composer": "php", "pip": "python"}
# Parts of names, by the convention business – server type – suffix.
OF_WORD = {
    "tomcat": "java",
    "java": "java",
    "spring": "java",
    "jetty": "java",
    "node": "nodejs",
    "nodejs": "nodejs",
    "php": "php",
    "fpm": "php",
    "go": "go",
    "golang": "go",
    "python": "python",
    "django": "python",
    "gunicorn": "python",
}


def guess_language(
    template: str, tools: Iterable[str], names: Iterable[str], templates: Mapping[str, str], known: frozenset[str]
) -> str:
    """The slug of a language; "" when nothing tells, or two tools tell different ones.

    templates: names of template jobs to languages; known: the catalog's slugs.
    """
    if template in templates:
        return templates[template]
    of_tools = {OF_TOOL[tool] for tool in tools if OF_TOOL.get(tool) in known}
    words = (word for name in names for word in name.split("-"))
    of_words = {OF_WORD[word] for word in words if OF_WORD.get(word) in known}
    if len(of_tools) == 1:
        return of_tools.pop()
    both = of_tools & of_words if of_tools else of_words
    return both.pop() if len(both) == 1 else ""
