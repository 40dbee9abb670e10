"""Project access (P2, P3): the request, what an approved one sets up, and how it is taken back."""
