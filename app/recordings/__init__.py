"""Calls as they sounded: four tracks on one clock, encrypted on disk."""
