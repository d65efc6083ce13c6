"""`bin/test`."""
