"""The engine's own steps, part of most plans. Must not: know a ticket kind."""
