"""The meaning guard: whether a translation kept the numbers, dates, amounts, spelling and negations of its source."""
