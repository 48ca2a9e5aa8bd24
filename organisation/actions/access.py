from organisation.models import AccessEntry


def log_access(person, action, *, what, key, path, reason=""):
    """Write down who looked at whose data, and why."""
    AccessEntry.objects.create(person=person, action=action, what=what, key=key, path=path, reason=reason)


def log_accesses(person, action, *, what, entries):
    """The same for many at once: `entries` are (key, path)."""
    AccessEntry.objects.bulk_create(
        AccessEntry(person=person, action=action, what=what, key=key, path=path) for key, path in entries
    )
