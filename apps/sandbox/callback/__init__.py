"""A receiver of callbacks: what a company's own system would be that wants to hear of releases."""
