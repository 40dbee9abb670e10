"""What people change about projects, environments, placements, grants and resources; one module per noun.

Must not: decide rights (the policy table does), or change a row without its audit row (law 8).
"""

from apps.projects.services.grants import on_grant_change
from apps.projects.services.languages import set_language_source

__all__ = ["on_grant_change", "set_language_source"]
