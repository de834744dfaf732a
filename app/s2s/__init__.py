"""Speech to speech without a cascade: one file per vendor, and what they share."""
