"""How often a message is tried, and how long its delivery is asked after. Pure."""

from datetime import timedelta

# After the n-th try in vain; then it is given up and somebody told.
WAITS = [timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 60, 180, 360)]
# After a message was taken: when to ask whether it arrived, where the gateway does not say so by itself.
POLLS = [timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24)]


def wait_after(tries: int) -> timedelta | None:
    """How long to wait after so many tries; None where it is to be given up."""
    return WAITS[tries - 1] if tries <= len(WAITS) else None


def poll_after(polls: int) -> timedelta | None:
    """When to ask again after so many questions; None where it has been asked often enough."""
    return POLLS[polls] if polls < len(POLLS) else None
