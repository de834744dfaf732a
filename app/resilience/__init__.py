"""What stands around a provider so that its bad day is not the caller's."""
