"""The web server as a county runs it: two processes of four threads, on loopback."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

WORKERS, THREADS, STARTED_WITHIN = 2, 4, 60


@contextmanager
def served():
    """The port of a running server."""
    port = _free_port()
    own = ["--worker-class", "gthread", "--workers", str(WORKERS), "--threads", str(THREADS), "--no-control-socket"]
    command = [sys.executable, "-m", "gunicorn", "kongchuo.wsgi", "--bind", f"127.0.0.1:{port}", *own]
    server = subprocess.Popen([*command, "--keep-alive", "30", "--log-level", "error"], env=os.environ)
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.terminate()
        server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(port, server):
    end = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < end and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the web server did not start")
