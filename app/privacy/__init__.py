"""What is personal in a text, and what may be kept of it. Pure: text in, text out."""
