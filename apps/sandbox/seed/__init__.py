"""Filling the demo: baseline images and Deployments outside, then projects and people through the portal's own API.

Must not: write a row of the portal; what its API can do is done through it.
"""
