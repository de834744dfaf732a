"""Everything that is Twilio: Media Streams, TwiML, signatures, REST, telephone numbers."""
