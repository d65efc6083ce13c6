"""The proof of delivery: what clients report of their lists of events, compared with what was written to them.

`watch` judges reports on a worker's loop, `figures` adds them up and merges those of all workers, `behind` finds what
one socket has lost.
"""

from chat.proof.figures import Proof as Proof
from chat.proof.figures import merge as merge
