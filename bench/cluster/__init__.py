"""Several processes behind a real nginx, with a real Redis and a real PostgreSQL, on this machine."""
