"""What people do with releases, by noun."""
