"""The emergency terminal: who may open a shell in a container, how long it lives, and what is left of it afterwards."""
