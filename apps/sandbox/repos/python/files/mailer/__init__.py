"""Sends mails from a queue."""
