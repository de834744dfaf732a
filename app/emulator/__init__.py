"""A telephone on the desk: a Twilio emulator with two legs that plays recordings and writes what was heard."""
