"""Whatever changes notifications. Synchronous; ids in, plain values out."""
