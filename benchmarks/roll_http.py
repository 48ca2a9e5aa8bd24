"""Saving a roll through the web server: sign-in, scope, history and outbox, against the raw transaction."""

from concurrent.futures import ThreadPoolExecutor
from statistics import median
from threading import Barrier
from time import perf_counter

from benchmarks.measure import TIMES, Line, percentile, seconds
from benchmarks.raw import Raw
from benchmarks.server import served
from benchmarks.teachers import RawSaver, Teacher, largest_classes

CLIENTS, SAVES, AT_ONCE, RAW_SAVES = 8, 50, 20, 400


def measure(world):
    posts = largest_classes(world, AT_ONCE)
    with served() as port:
        teachers = [Teacher(post, port) for post in posts]
        for teacher in teachers * 2:  # both processes have read calendar and regulation
            teacher.save()
        runs = [(_saves_a_second(teachers[:CLIENTS]), _raw_saves_a_second(posts[0])) for _ in range(TIMES)]
        slowest = [_slowest_at_once(teachers) for _ in range(TIMES)]
        for teacher in teachers:
            teacher.close()
    rate, taken = sorted((rate, taken) for (rate, taken), _ in runs)[TIMES // 2]
    also = {"p50 ms": percentile(taken, 0.5) * 1000, "p95 ms": percentile(taken, 0.95) * 1000}
    also[f"slowest of {AT_ONCE} at once ms"] = median(slowest) * 1000
    floor = median(raw for _, raw in runs)
    yield Line(
        "save a roll, HTTP", world.pupils, "/s", rate, floor, is_rate=True, reach="≥ 15 %, slowest < 500 ms", also=also
    )


def _saves_a_second(teachers) -> tuple[float, list[float]]:
    start = perf_counter()
    with ThreadPoolExecutor(len(teachers)) as pool:
        taken = [one for of_teacher in pool.map(_save_often, teachers) for one in of_teacher]
    return len(taken) / (perf_counter() - start), taken


def _save_often(teacher):
    return [seconds(teacher.save) for _ in range(SAVES)]


def _raw_saves_a_second(post) -> float:
    with Raw() as raw:
        saver = RawSaver(raw, post)
        start = perf_counter()
        for _ in range(RAW_SAVES):
            saver.save()
        return RAW_SAVES / (perf_counter() - start)


def _slowest_at_once(teachers) -> float:
    together = Barrier(len(teachers))

    def save(teacher):
        teacher.dial()
        together.wait()
        return seconds(teacher.save)

    with ThreadPoolExecutor(len(teachers)) as pool:
        return max(pool.map(save, teachers))
