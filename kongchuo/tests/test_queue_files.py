"""The queue in a folder: nothing lost, nothing twice, in order, and rubbish does not end the worker."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from kombu import Connection
from kombu.transport.filesystem import Transport

from kongchuo import settings as house  # registers the transport

assert house.TRANSPORT_ALIASES["files"]


@pytest.fixture
def connect(tmp_path):
    options = {"data_folder_in": str(tmp_path), "data_folder_out": str(tmp_path)}
    options["control_folder"] = str(tmp_path / "control")
    Transport.global_state.clear()  # as in a new process: bindings are remembered per process, not per folder
    return lambda: Connection("files://", transport_options=options)


def take_all(connection):
    queue = connection.SimpleQueue("work")
    taken = []
    while queue.qsize():
        message = queue.get_nowait()
        taken.append(message.payload)
        message.ack()
    return taken


def test_messages_come_out_in_order_and_once(connect):
    with connect() as connection:
        queue = connection.SimpleQueue("work")
        for n in range(20):
            queue.put({"n": n})
        assert [payload["n"] for payload in take_all(connection)] == list(range(20))
        assert take_all(connection) == []


def test_two_readers_never_take_the_same_message(connect):
    with connect() as connection:
        queue = connection.SimpleQueue("work")
        for n in range(60):
            queue.put({"n": n})

    def read(_):
        taken = []
        with connect() as connection:
            queue = connection.SimpleQueue("work")
            while True:
                try:
                    message = queue.get_nowait()
                except queue.Empty:
                    return taken
                taken.append(message.payload["n"])
                message.ack()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(read, range(2))
    assert sorted(first + second) == list(range(60))


def test_a_file_that_cannot_be_read_is_set_aside(connect, tmp_path):
    with connect() as connection:
        queue = connection.SimpleQueue("work")
        queue.put({"n": 1})
        (tmp_path / "work" / "0-rubbish.msg").write_text("")
        assert [payload["n"] for payload in take_all(connection)] == [1]
    assert (tmp_path / "work" / "0-rubbish.bad").exists()
