"""What strangers may send: made-up input against a real server, which must answer for itself and lose nothing."""
