"""The engines that run without keys: what they are made of, and how they reach this machine."""
