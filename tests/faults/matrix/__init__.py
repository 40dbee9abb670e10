"""The crash matrix (QR1–QR3): every step of every ticket kind × four points × twelve faults; `python -m tests.faults.matrix`."""
