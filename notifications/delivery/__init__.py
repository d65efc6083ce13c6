"""From the outbox to devices and mailboxes.

Owns the rows of `Delivery` once they are written. Knows no socket and no chat, and decides nothing about who is to be
notified: only whether what was decided still holds when it is sent.

    deliverer.py the loops of `manage.py deliver`
    outbox.py    takes due rows and writes what came of them
    errands.py   from taken rows to pushes that are ready    mail.py      one letter a person
    facts.py     what is true of a taken row now             standing.py  what its notification has come to
    recheck.py   whether to send it all the same (pure)      outcomes.py  what may come of it, in sentences (pure)
    lanes.py     how much of one push service at once (pure) payload.py   what is in a push (pure)
    push.py      one push, encrypted, to a public address    vapid.py     the site's key for Web Push
    links.py     addresses that stand in a letter
    settling.py  done, given up, or tried again              retry.py     when, and how often (pure)
    tally.py     what a deliverer has done, for whoever watches
"""
