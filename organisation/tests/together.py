"""Several at once, and processes of one's own: for tests of what a single test client never meets."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

from celery import current_app
from django.conf import settings
from django.db import connection, connections
from kombu.transport.filesystem import Transport

from organisation import queue
from organisation.actions.holidays import seed_statutory_days
from organisation.models import StatutoryDay
from organisation.queries.edition import forget_rule_books


@contextmanager
def shared_database(folder):
    """A database that threads and other processes share: SQLite's lies in memory in tests, so it moves to a file."""
    forget_rule_books()
    if connection.vendor != "sqlite":
        seed_statutory_days(StatutoryDay)  # the test before has emptied all tables
        yield
        return
    file = folder / "kongchuo.sqlite3"
    with sqlite3.connect(file) as copy:
        connection.connection.backup(copy)
    copy.close()
    in_memory, name = connections["default"], connections.settings["default"]["NAME"]
    connections.settings["default"]["NAME"] = str(file)
    connections["default"] = connections.create_connection("default")
    seed_statutory_days(StatutoryDay)
    try:
        yield
    finally:
        connections["default"].close()
        connections.settings["default"]["NAME"] = name
        connections["default"] = in_memory


def database_url() -> str:
    """The address of the test's database for a process of its own."""
    if connection.vendor == "sqlite":
        return f"sqlite:///{connection.settings_dict['NAME']}"
    place = connection.settings_dict
    return f"postgresql://{place['USER']}:{place['PASSWORD']}@{place['HOST']}:{place['PORT']}/{place['NAME']}"


def at_once(*calls) -> list:
    """Run the calls in threads that start together; their results in order, an error as the result of who raised it."""
    start, results = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place, call):
        try:
            start.wait()
            results[place] = call()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class Broker:
    """A queue of the test's own, on the broker that the settings name (files or Redis), and workers that read it."""

    def __init__(self, folder):
        self.folder, self.workers = folder, []
        self.options = dict(current_app.conf.broker_transport_options)
        if settings.REDIS_URL:
            self.options["global_keyprefix"] = f"{folder.name}-{os.getpid()}-"
        else:
            (folder / "queue" / "control").mkdir(parents=True)
            place = str(folder / "queue")
            self.options |= {"data_folder_in": place, "data_folder_out": place, "control_folder": f"{place}/control"}

    @contextmanager
    def used(self, *, url=""):
        """Work of this process goes to this broker, or to one at `url`."""
        conf = current_app.conf
        before = conf.broker_transport_options, conf.broker_url, conf.broker_write_url
        conf.broker_transport_options = self.options
        conf.broker_url = conf.broker_write_url = url or before[1]
        self._reconnect()
        try:
            yield self
        finally:
            conf.broker_transport_options, conf.broker_url, conf.broker_write_url = before
            self._reconnect()

    def _reconnect(self):
        """As a new process would: queues and pools are remembered per process."""
        queue.forget_silence()
        Transport.global_state.clear()
        current_app.amqp._producer_pool = current_app._pool = None

    def lose_all(self):
        """Every message is gone, as after a flushed Redis or a lost disk."""
        with current_app.connection_for_read() as connection_:
            connection_.default_channel.queue_purge("celery")

    def waiting(self) -> int:
        with current_app.connection_for_read() as connection_:
            return connection_.SimpleQueue("celery").qsize()

    def start_worker(self):
        """A Celery worker as a process of its own, on the test's database and on this queue."""
        variables = {**os.environ, "DATABASE_URL": database_url(), "KONGCHUO_TODAY": settings.KONGCHUO_TODAY}
        variables |= {"KONGCHUO_DATA": str(settings.DATA_DIR), "REDIS_URL": settings.REDIS_URL}
        start = (
            f"from kongchuo.celery import app; app.conf.broker_transport_options = {self.options!r};"
            "app.worker_main('worker --pool threads --concurrency 2 --without-gossip --without-mingle"
            " --loglevel ERROR'.split())"
        )
        worker = subprocess.Popen([sys.executable, "-c", start], cwd=settings.BASE_DIR, env=variables)
        self.workers.append(worker)
        return worker

    def end(self):
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
            worker.wait()


def wait_until(happened, what, seconds=60):
    """Look again and again, up to a limit that only a failure reaches."""
    for _ in range(seconds * 10):
        if happened():
            return
        time.sleep(0.1)
    raise AssertionError(f"never: {what}")
