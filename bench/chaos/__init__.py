"""Calls through a whole cluster while its parts are stopped, killed and cut off."""
