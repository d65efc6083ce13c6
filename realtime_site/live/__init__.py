"""The real-time kernel: sockets, topics, frames. It knows no chat and no notification.

The database is the truth, the channel layer is a hint, the hub does the fan-out (docs/architecture.md).
"""
