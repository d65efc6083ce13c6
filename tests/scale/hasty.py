"""A worker that forgets the people of a silent one in seconds: `python -m tests.scale.hasty --port 8000`.

Three full lists missed are what makes it forget, as ever; they come five times as often.
"""

TIMES = 5


def main() -> None:
    import realtime_site.asgi  # noqa: F401  loads Django, in the worker's order
    from realtime_site import worker
    from realtime_site.live import presence

    presence.EVERYTHING_SECONDS /= TIMES
    presence.FORGET_SECONDS /= TIMES
    worker.main()


if __name__ == "__main__":
    main()
