"""HTTP and WebSocket entrances."""
