"""Which children a person may name: those whose files are seen, and those on the class lists of classes taught."""

from django.db.models import Q

from students.models import Enrolment, Pupil


def nameable(person, *, on):
    listed = Enrolment.objects.visible_to(person, on=on).current(on=on)
    seen = Pupil.objects.visible_to(person, on=on)
    return Pupil.objects.filter(Q(pk__in=listed.values("pupil")) | Q(pk__in=seen.values("pk")))
