"""`manage.py doctor`: what a person on call asks first. An app of its own, so that production has the command.

Must not: change anything, or say a secret.
"""
