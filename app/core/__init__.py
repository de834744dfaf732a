"""The mind of a call, sans-I/O: events and a time in, commands out. No clock, no asyncio, no logging."""
