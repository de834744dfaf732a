"""One interpreted call on one machine, to see and to hear."""
