"""A load of calls that costs its own process little: sockets without a library, messages that are all but written."""
