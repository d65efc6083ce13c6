"""`python -m realtime_site.supervisor`: binds the port and keeps N workers serving it.

Owns the listening socket, so that no connection is refused while workers come and go, and the workers' lives; and the
life of a companion, if there is one, that works beside them and serves nobody. Standard library only: it imports no
Django and nothing of the site, so SIGHUP after an upgrade starts workers of the new release while it runs on itself.

    SIGTERM, SIGINT   SIGTERM to every worker, SIGKILL after their drain; exit 0. Twice: at once
    SIGHUP            replaces the workers one by one; each old one ends only when its successor serves

All workers accept from one socket: what one cannot take, another does. 600 WebSockets that came at once fell on two
workers as 298 and 302 at best, 427 and 177 at worst. A socket each (SO_REUSEPORT) would divide them better, and leave
those of a dead worker waiting.
"""
