"""What the application does. Services never commit: the entry point that calls them does."""
