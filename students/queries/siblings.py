"""Who may be whose sibling: pupils who share a guardian, by the blind index of the phone and the name."""

from collections import defaultdict

from django.db.models import Exists, OuterRef

from students.models import Guardian


def siblings_of(pupil_ids) -> dict[int, set[int]]:
    """{pupil: the other pupils who have the same guardian}, in two statements; phones are never unsealed."""
    known = Guardian.objects.filter(phone_index__isnull=False).order_by()
    same = known.filter(phone_index=OuterRef("phone_index"), name=OuterRef("name")).exclude(pupil=OuterRef("pupil"))
    own = list(known.filter(Exists(same), pupil__among=pupil_ids).values_list("pupil", "phone_index", "name"))
    shared = defaultdict(set)
    for pupil, index, name in known.filter(phone_index__in={row[1] for row in own}).values_list(
        "pupil", "phone_index", "name"
    ):
        shared[index, name].add(pupil)
    found = defaultdict(set)
    for pupil, index, name in own:
        found[pupil] |= shared[index, name] - {pupil}
    return dict(found)
