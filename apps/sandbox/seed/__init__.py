"""Filling the demo: baseline images and Deployments outside, then projects and people through the portal's own API."""
