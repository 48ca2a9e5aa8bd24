"""Saving a roll as an action, in one process without a web server."""

from itertools import count

from benchmarks.measure import Line, side_by_side, statements_of
from benchmarks.raw import Raw
from benchmarks.teachers import RawSaver, largest_classes, listed, marks_of
from organisation import clock
from organisation.models import Person
from students.actions.rolls import submit_roll
from students.models import Roll

SAVES = 100


class Saver:
    """Corrects this morning's roll of a class again and again, each time as a person newly signed in."""

    def __init__(self, post):
        self.post = post
        self.numbers = [number for _, number in listed(post.unit)]
        roll = Roll.objects.filter(school_class=post.unit, date=clock.today(), session="am").first()
        self.versions = count(roll.version if roll else 0)

    def save(self):
        version = next(self.versions)
        by = Person(pk=self.post.person_id, name=self.post.person.name, is_active=True)
        marks = marks_of(self.numbers, version)
        submit_roll(self.post.unit, clock.today(), "am", version=version, marks=marks, by=by)


def measure(world):
    posts = largest_classes(world, 10**6)
    small = next(post for post in reversed(posts) if len(listed(post.unit)) > 2)
    savers = Saver(posts[0]), Saver(small)
    for saver in savers:  # a first submission and a first correction
        saver.save(), saver.save()
    of_large, of_small = (statements_of(saver.save) for saver in savers)
    with Raw() as raw:
        ours, floor = side_by_side(_often(savers[0]), _often(RawSaver(raw, posts[0])))
    also = {"class of": len(savers[0].numbers), f"statements, class of {len(savers[1].numbers)}": of_small}
    line = {"is_rate": True, "reach": "≤ 12 statements", "statements": of_large, "also": also}
    yield Line("save a roll, action", world.pupils, "/s", SAVES / ours, SAVES / floor, **line)


def _often(saver):
    def save_often():
        for _ in range(SAVES):
            saver.save()

    return save_often
