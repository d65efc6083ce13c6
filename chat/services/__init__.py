"""Everything that changes rooms and messages.

Synchronous, keyword-only, ids in, frozen structures out; what was written is published on commit.
"""
