"""Which template a language builds with now. Must not: change a version; a newer one follows it."""

from __future__ import annotations

from apps.catalog.models import TemplateVersion
from apps.common.errors import Conflict


def newest_template(language: str, kind: str) -> TemplateVersion:
    """The newest version of a language's template; Conflict when the language has none."""
    found = TemplateVersion.objects.filter(language__slug=language, kind=kind).order_by("-version").first()
    if found is None:
        raise Conflict("catalog.template_missing", language=language, kind=kind)
    return found
