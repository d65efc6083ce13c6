"""What changes notifications. Each takes ids and primitives, and is or joins one transaction."""
