"""From an empty scratch database to the table."""

from importlib import import_module

from celery import current_app
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections

from benchmarks.measure import Line, World
from organisation.models import Unit
from organisation.queries.edition import forget_rule_books

DEMO_COUNTY = "520502"
HEADINGS = ("measurement", "pupils", "ours", "floor", "ratio", "statements", "reach", "also")
WIDTHS = (24, 7, 17, 17, 8, 10, 22, 0)


def run(folder, sizes, names, table) -> list[Line]:
    """All lines of all sizes, told to `table` as they come."""
    call_command("migrate", verbosity=0)
    _tell(table, HEADINGS)
    lines = []
    try:
        for size in sizes:
            world = _world(folder, size)
            for name in names:
                for line in import_module(f"benchmarks.{name}").measure(world):
                    lines.append(line)
                    _tell(table, _cells(line))
    finally:
        _delete_queue()
        connections.close_all()
    return lines


def _world(folder, size) -> World:
    call_command("load_demo", pupils=size, seed=1)
    forget_rule_books()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return World(size, folder, Unit.objects.get(code=DEMO_COUNTY))


def _delete_queue():
    """The messages of the saves, which nobody is to act on; those of a folder go with it."""
    if settings.REDIS_URL:
        with current_app.connection_for_write() as broker:
            broker.default_channel.queue_delete(settings.CELERY_TASK_DEFAULT_QUEUE)


def _cells(line) -> tuple:
    also = ", ".join(f"{name} {_number(value)}" for name, value in line.also.items())
    share = "" if line.share is None else f"{line.share:.0%}" if line.is_rate else f"{line.share:.2f} ×"
    floor = "" if line.floor is None else f"{_number(line.floor)} {line.unit}"
    statements = "" if line.statements is None else line.statements
    return line.name, line.pupils, f"{_number(line.ours)} {line.unit}", floor, share, statements, line.reach, also


def _number(value) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _tell(table, cells):
    print("  ".join(f"{cell!s:<{width}}" for cell, width in zip(cells, WIDTHS, strict=True)), file=table, flush=True)
