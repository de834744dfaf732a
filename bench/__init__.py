"""What is measured, and how. See README.md here."""
