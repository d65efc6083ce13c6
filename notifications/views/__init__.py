"""The pages of notifications, each a plain page that works without JavaScript."""
