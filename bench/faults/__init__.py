"""Calls whose vendors fail in the middle of what is said: is a word lost, and how long is it silent?"""
