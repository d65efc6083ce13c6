"""Pages and JSON of notifications."""
