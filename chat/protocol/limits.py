"""The numbers of the wire protocol that concern rooms."""

BODY_CHARACTERS = 8_000
HISTORY_LIMIT = 100
SYNC_LIMIT = 200
# Of one answer's messages, body and HTML together. A slow reader is let go of past 1 MiB of unsent bytes, and would be
# again and again if one answer could be that large.
ANSWER_CHARACTERS = 256_000
MEMBERS_LIMIT = 500
UNREAD_CAP = 100
SIGNAL_NAME_CHARACTERS = 64
SIGNAL_BYTES = 4_096
# Besides oneself: a conversation, not a room.
DIRECT_PEOPLE = 8
# Shown to one person, the newest: more are no list that anybody reads, and `welcome` must fit a socket.
CONVERSATIONS = 200
FIND_LIMIT = 10
QUERY_CHARACTERS = 60
# Of a message that is quoted: two lines of it, to know it by.
QUOTE_CHARACTERS = 200

# --- Moderation ------------------------------------------------------------------------------------------------------

# A line in the log.
REASON_CHARACTERS = 300
NOTE_CHARACTERS = 300
# The longest that has an end: a year. Past that say "for good".
RESTRICTION_SECONDS = 366 * 86_400
# Deleted at once: each is an event that everybody in the room gets.
CLEAR_LIMIT = 500
# Six hours between two messages; past that make the room read-only.
SLOW_MODE_SECONDS = 21_600
# What a moderator's lists show, the newest.
REPORTS_LIMIT = 100
ACTS_LIMIT = 100
