"""A whole set-up under test: web server, worker with beat, database; and a browser."""

import csv
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
import redis
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
OWN_PASSWORD = "Sheng-Xue-2026"
TODAY = "2026-11-24"  # a Tuesday
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# Each of the runner's processes starts up to three installations.
SITES = itertools.count(1 + 3 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]))
BIN = Path(sys.executable).parent


@dataclass
class Site:
    """A running installation."""

    port: int
    folder: Path
    env: dict
    processes: list = field(default_factory=list)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def set_up(self, book: Path) -> dict[str, str]:
        """Units, people and calendar of a workbook; returns everybody's one-time password."""
        out = self.folder / "passwords.csv"
        self.manage("setup_county", book, "--passwords", out)
        with out.open(encoding="utf-8-sig") as file:
            return {row["登录名"]: row["一次性密码"] for row in csv.DictReader(file)}

    def start(self):
        log = (self.folder / "log").open("a")
        worker = [BIN / "celery", "-A", "kongchuo", "worker", "--beat", "--pool", "threads", "--concurrency", "2"]
        worker += ["--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
        server = [BIN / "gunicorn", "kongchuo.wsgi", "--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread"]
        server += ["--workers", "1", "--threads", "4", "--no-control-socket"]
        self.processes = [
            subprocess.Popen(list(map(str, command)), cwd=ROOT, env=self.env, stdout=log, stderr=log)
            for command in (worker, server)
        ]
        wait_for(f"{self.url}/healthz", self.processes, self.folder)

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(timeout=30)

    def live_until(self, day: str, *, since: str, **lived):
        """School days pass from `since` to `day`, each with its rolls (`live_on.py`); then the same installation stands on that day."""
        self.stop()
        story = json.dumps({"first": since, "last": day, **lived})
        self.manage("shell", "-c", (ROOT / "e2e" / "live_on.py").read_text(), LIVE=story)
        self.env["KONGCHUO_TODAY"] = day
        self.start()

    def manage(self, *arguments, **env) -> str:
        command = [sys.executable, "manage.py", *map(str, arguments)]
        options = {"cwd": ROOT, "env": self.env | env, "capture_output": True, "text": True, "timeout": 300}
        done = subprocess.run(command, **options)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def own_database(env):
    """A database of its own on the server that is tested against, dropped afterwards; SQLite needs none."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        env.pop("DATABASE_URL", None)
        return lambda: None
    name = f"kongchuo_e2e_{uuid.uuid4().hex[:8]}"

    def run(statement):
        connection = psycopg2.connect(server)
        connection.autocommit = True
        connection.cursor().execute(statement)
        connection.close()

    run(f"CREATE DATABASE {name}")
    env["DATABASE_URL"] = f"{server.rsplit('/', 1)[0]}/{name}"
    return lambda: run(f"DROP DATABASE {name} WITH (FORCE)")


def own_broker(env):
    """A number of its own on the Redis server, emptied before and after: two workers on one queue would take each other's messages."""
    if "REDIS_URL" not in env:
        return lambda: None
    server, _, number = env["REDIS_URL"].rpartition("/")
    env["REDIS_URL"] = f"{server}/{(int(number) + next(SITES)) % 16}"
    broker = redis.Redis.from_url(env["REDIS_URL"])
    broker.flushdb()
    return broker.flushdb


def start(folder: Path, prepare):
    """Start an installation in a folder of its own; yields it once it answers, ends what it started."""
    env = {**os.environ, "KONGCHUO_DATA": str(folder), "KONGCHUO_DEMO": "1", "KONGCHUO_TODAY": TODAY}
    drop, empty = own_database(env), own_broker(env)
    site = Site(free_port(), folder, env)
    site.manage("migrate", "--verbosity", "0")
    prepare(site)
    try:
        site.start()
        yield site
    finally:
        site.stop()
        drop()
        empty()
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(url, processes, folder):
    until = time.monotonic() + 90
    while time.monotonic() < until:
        assert all(process.poll() is None for process in processes), (folder / "log").read_text()
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise AssertionError((folder / "log").read_text())


@pytest.fixture(scope="session")
def chromium():
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert path, "Chromium is missing: install the package chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def empty_site(tmp_path_factory):
    yield from start(tmp_path_factory.mktemp("empty"), lambda site: None)


@pytest.fixture(scope="module")
def own_site(tmp_path_factory):
    """An empty installation of a module's own, whose days pass."""
    yield from start(tmp_path_factory.mktemp("own"), lambda site: None)


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory):
    yield from start(tmp_path_factory.mktemp("demo"), lambda site: site.manage("load_demo", "--pupils", 400))


class Visitor:
    """Somebody at a browser window."""

    def __init__(self, browser, site, *, width=1280, height=800, **options):
        self.site = site
        self.context = browser.new_context(
            base_url=site.url, viewport={"width": width, "height": height}, locale="zh-CN", **options
        )
        self.page = self.context.new_page()
        self.problems: list[str] = []
        self.page.on("console", lambda message: message.type == "error" and self.problems.append(message.text))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def sign_in(self, login, password="kongchuo-demo"):
        self.page.goto("/accounts/login/")
        self.page.get_by_label("登录名").fill(login)
        self.page.get_by_label("密码").fill(password)
        self.page.get_by_role("button", name="登录").click()
        self.page.wait_for_url(lambda url: not urlsplit(url).path.startswith(("/accounts/login/", "/start/")))
        return self.page

    def sign_in_first(self, login, password):
        """With the one-time password, choosing an own one."""
        self.sign_in(login, password)
        expect(self.page.get_by_role("heading", name="修改密码")).to_be_visible()
        self.page.locator("[name=oldpassword]").fill(password)
        self.page.locator("[name=password1]").fill(OWN_PASSWORD)
        self.page.locator("[name=password2]").fill(OWN_PASSWORD)
        self.page.get_by_role("button", name="修改密码").click()
        self.page.goto("/start/")
        return self.page

    def close(self):
        self.context.close()


@pytest.fixture
def visit(chromium):
    """Opens windows: `visit(site, width=…, java_script_enabled=…)`; closes them afterwards."""
    opened = []

    def open_window(site, **size):
        opened.append(Visitor(chromium, site, **size))
        return opened[-1]

    yield open_window
    for visitor in opened:
        visitor.close()
