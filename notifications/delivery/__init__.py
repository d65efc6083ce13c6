"""From the outbox to devices and mailboxes.

Owns the rows of `Delivery` once they are written. Knows no socket and no chat, and decides nothing about who is to be
notified: only whether what was decided still holds when it is sent.

    outbox.py    takes due rows and writes what came of them
    facts.py     what is true of a taken row at this moment      recheck.py  whether to send it all the same (pure)
    lanes.py     how much of one push service at once (pure)     retry.py    when to try again, when to give up (pure)
    push.py      one push, encrypted, to a public address only   addresses.py  what is public (pure)
    mail.py      one letter a person                             vapid.py    the site's key for Web Push
    deliverer.py the loop of `manage.py deliver`
"""
