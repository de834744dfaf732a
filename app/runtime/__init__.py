"""The asyncio shell around the core: sessions, legs, the registry of live calls."""
