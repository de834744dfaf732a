"""A peer's server for the same load; it runs in a virtual environment of its own and imports nothing of ours."""
