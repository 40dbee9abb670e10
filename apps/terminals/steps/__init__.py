"""The steps of this room's ticket kinds."""
