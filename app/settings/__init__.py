"""What can be set, one module per subject; ``app.config`` puts the settings together and reads them."""
