"""Class teachers who are signed in, and the raw transaction that their saves are held against."""

import http.client
import json
from datetime import UTC, date, datetime
from itertools import count
from urllib.parse import urlencode

from django.db.models import Count
from django.test import Client

from benchmarks.raw import Raw
from organisation import clock
from organisation.enums import PostKind
from organisation.models import Post
from students.models import Enrolment, Roll

CSRF = "k" * 32


def largest_classes(world, number) -> list[Post]:
    """The posts of the class teachers with the most pupils, the largest class first."""
    today = clock.today()
    sizes = dict(
        Enrolment.objects.below(world.county.path)
        .current(on=today)
        .filter(status="in_school")
        .order_by()
        .values_list("school_class")
        .annotate(Count("pk"))
    )
    posts = Post.objects.held(on=today).filter(kind=PostKind.CLASS_TEACHER, unit__in=sizes)
    found = {post.unit_id: post for post in posts.select_related("person", "unit")}
    return sorted(found.values(), key=lambda post: -sizes[post.unit_id])[:number]


def listed(school_class) -> list[tuple[int, str]]:
    """(key, number) of today's class list."""
    spells = Enrolment.objects.current(on=clock.today()).filter(school_class=school_class, status="in_school")
    return list(spells.order_by("pupil").values_list("pupil", "pupil__number"))


def marks_of(numbers, turn) -> list[dict]:
    """Two pupils missing, other ones at each turn, so that every save changes something."""
    chosen = (numbers[turn % len(numbers)], numbers[(turn + 1) % len(numbers)])
    return [{"student": number, "kind": "truant", "note": ""} for number in dict.fromkeys(chosen)]


class Teacher:
    """One browser over a connection that stays open: saves and corrects this morning's roll of an own class."""

    def __init__(self, post, port):
        browser = Client()
        browser.force_login(post.person)
        self.cookie = f"sessionid={browser.cookies['sessionid'].value}; csrftoken={CSRF}"
        self.address = f"/rolls/{post.unit.code}/{clock.today():%Y-%m-%d}/am/"
        self.numbers = [number for _, number in listed(post.unit)]
        roll = Roll.objects.filter(school_class=post.unit, date=clock.today(), session="am").first()
        self.version = roll.version if roll else 0
        self.turns = count(self.version)
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def save(self):
        form = {"csrfmiddlewaretoken": CSRF, "version": self.version}
        form |= {f"mark_{mark['student']}": mark["kind"] for mark in marks_of(self.numbers, next(self.turns))}
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        self._ask("POST", urlencode(form), headers, expected=302)
        self.version += 1

    def open(self) -> bytes:
        return self._ask("GET", None, {"Cookie": self.cookie}, expected=200)

    def dial(self):
        """A new connection, where the server may have ended one that was idle."""
        self.line.close()
        self.line.connect()

    def close(self):
        self.line.close()

    def _ask(self, method, body, headers, *, expected):
        self.line.request(method, self.address, body, headers)
        answer = self.line.getresponse()
        page = answer.read()
        if answer.status != expected:
            raise RuntimeError(f"{method} {self.address}: {answer.status} {page[:500].decode()}")
        return page


class RawSaver:
    """The same rows as a correction writes, by hand: version, roll, marks, outbox; nobody asks who may."""

    def __init__(self, raw: Raw, post):
        self.raw, self.post = raw, post
        self.pupils = listed(post.unit)
        self.turn = count()

    def save(self):
        now, today = datetime.now(UTC), clock.today()
        self.raw.begin()
        key = self._roll(now, today)
        turn = next(self.turn)
        missing = dict.fromkeys(self.pupils[(turn + n) % len(self.pupils)][0] for n in range(2))
        self.raw.run("DELETE FROM students_mark WHERE roll_id = %s", [key])
        for pupil in missing:
            self.raw.run(
                "INSERT INTO students_mark (roll_id, pupil_id, date, kind, note) VALUES (%s, %s, %s, 'truant', '')",
                [key, pupil, str(today)],
            )
        self.raw.run(
            "INSERT INTO organisation_factchange (kind, path, pupils, since, about, created_at, attempts)"
            " VALUES ('roll', %s, %s, %s, %s, %s, 0)",
            [self.post.unit.path, json.dumps([*missing]), str(today), key, str(now)],
        )
        self.raw.commit()

    def _roll(self, now, today: date) -> int:
        lock = " FOR UPDATE" if self.raw.locks_rows else ""
        found = self.raw.run(
            "SELECT id, version, submitted_by_id FROM students_roll"
            f" WHERE school_class_id = %s AND date = %s AND session = 'pm'{lock}",
            [self.post.unit_id, str(today)],
        )
        if not found:
            ((key,),) = self.raw.run(
                "INSERT INTO students_roll (school_class_id, path, date, session, version, expected, present,"
                " submitted_by_id, first_submitted_at, submitted_at, called_at, reason)"
                " VALUES (%s, %s, %s, 'pm', 1, 48, 46, %s, %s, %s, %s, '') RETURNING id",
                [self.post.unit_id, self.post.unit.path, str(today), self.post.person_id, *[str(now)] * 3],
            )
            return key
        ((key, version, by),) = found
        self.raw.run(
            "INSERT INTO students_rollversion (roll_id, version, marks, submitted_by_id, submitted_at, called_at, reason)"
            " VALUES (%s, %s, %s, %s, %s, %s, '')",
            [key, version, json.dumps([["p000000000", "truant", ""]] * 2), by, str(now), str(now)],
        )
        self.raw.run(
            "UPDATE students_roll SET version = %s, present = 46, submitted_at = %s WHERE id = %s",
            [version + 1, str(now), key],
        )
        return key
