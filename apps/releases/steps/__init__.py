"""The steps of release, promote and roll back, by noun. Must not: decide who may, or when a ticket ends."""
