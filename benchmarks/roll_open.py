"""Opening the roll, through the web server, against rendering its template alone."""

from statistics import median

from django.template import Context
from django.template.loader import get_template
from django.test import Client
from django.test.utils import setup_test_environment, teardown_test_environment

from benchmarks.measure import TIMES, Line, percentile, seconds, statements_of
from benchmarks.server import served
from benchmarks.teachers import Teacher, largest_classes

TURNS = 100


def measure(world):
    (post,) = largest_classes(world, 1)
    with served() as port:
        teacher = Teacher(post, port)
        for _ in range(10):
            page = teacher.open()
        context, statements = _context_and_statements(post, teacher.address)
        render = _rendering(context)
        runs = [(_taken(teacher.open), _taken(render)) for _ in range(TIMES)]
        teacher.close()
    ours = [percentile(taken, 0.5) * 1000 for taken, _ in runs]
    floor = [percentile(taken, 0.5) * 1000 for _, taken in runs]
    also = {"p95 ms": median(percentile(taken, 0.95) for taken, _ in runs) * 1000, "KB": len(page) / 1024}
    reach = "≤ 8 statements, 10 ms, 40 KB"
    yield Line(
        "open the roll, p50",
        world.pupils,
        "ms",
        median(ours),
        median(floor),
        reach=reach,
        statements=statements,
        also=also,
    )


def _taken(work):
    return [seconds(work) for _ in range(TURNS)]


def _context_and_statements(post, address):
    """What the view hands to its template, and what it asked the database for it."""
    browser = Client(headers={"host": "localhost"})
    browser.force_login(post.person)
    browser.get(address)
    statements = statements_of(lambda: browser.get(address))
    setup_test_environment()
    try:
        context = browser.get(address).context[0].flatten()
    finally:
        teardown_test_environment()
    return context, statements


def _rendering(context):
    template = get_template("students/roll.html").template
    return lambda: template.render(Context(context))
