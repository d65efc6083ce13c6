"""Sockets that connect, send, receive and count, cheap enough not to be what is measured. Knows no server."""
