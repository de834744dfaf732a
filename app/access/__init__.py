"""Who may come in, and how often: keys, short-lived tokens, and budgets."""
