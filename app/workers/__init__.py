"""Several processes behind one port: who gets which connection, and what they tell each other (decision 0015)."""
