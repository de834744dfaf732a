"""Sound arithmetic: mu-law, resampling, voice activity. No I/O."""
