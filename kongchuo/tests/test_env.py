import os
import re
import subprocess
import sys

import pytest
from django.conf import settings as house
from django.core.checks import run_checks

from kongchuo.env import Environment, MailServer

BASE_DIR = house.BASE_DIR


@pytest.mark.parametrize(
    ("read", "values", "expected"),
    [
        (lambda env: env.flag("X"), {"X": "1"}, True),
        (lambda env: env.flag("X", True), {"X": "no"}, False),
        (lambda env: env.flag("X", True), {}, True),
        (lambda env: env.number("X", 5), {"X": "12"}, 12),
        (lambda env: env.day("X"), {"X": "2026-11-23"}, "2026-11-23"),
        (lambda env: env.words("X", "a"), {"X": "b, c,"}, ["b", "c"]),
        (lambda env: env.address("X", "", schemes=("redis",)), {"X": "redis://h/1"}, "redis://h/1"),
        (lambda env: env.address("X", "", schemes=("sqlite",)), {"X": "sqlite:////a/b"}, "sqlite:////a/b"),
        (lambda env: env.text("X", "d"), {"X": "  "}, "d"),
        (lambda env: env.choice("X", "A", among=("A", "B")), {"X": "b"}, "B"),
        (lambda env: env.hosts("X", "a,b"), {}, ["a", "b"]),
        (lambda env: env.hosts("X", "a"), {"X": "k.gov.cn, .edu.cn,[::1]"}, ["k.gov.cn", ".edu.cn", "[::1]"]),
        (lambda env: env.secret("X", least=3), {"X": "abc"}, "abc"),
    ],
)
def test_a_variable_is_read_by_its_type(read, values, expected):
    env = Environment(values)
    assert read(env) == expected
    assert not env.problems


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda env: env.flag("X"), "maybe"),
        (lambda env: env.number("X", 5, least=1), "0"),
        (lambda env: env.number("X", 5), "viele"),
        (lambda env: env.day("X"), "2026-02-30"),
        (lambda env: env.address("X", "", schemes=("redis",)), "http://h"),
        (lambda env: env.address("X", "", schemes=("redis",)), "redis://"),
        (lambda env: env.address("X", "", schemes=("redis",)), "redis://h:port/0"),
        (lambda env: env.choice("X", "", among=("A",)), "C"),
        (lambda env: "".join(env.hosts("X", "")), "*"),
        (lambda env: "".join(env.hosts("X", "")), "https://k.gov.cn"),
    ],
)
def test_a_wrong_value_is_remembered_with_a_hint_and_never_used(read, value):
    env = Environment({"X": value})
    assert read(env) in (False, 5, "")
    (problem,) = env.problems
    assert problem.name == "X"
    assert value in problem.message
    assert problem.hint


def test_a_secret_or_password_is_never_shown():
    env = Environment({"KEY": "short", "URL": "http://user:geheim@host/"})
    env.secret("KEY", least=50)
    env.address("URL", "", schemes=("postgresql",))
    told = " ".join(problem.message for problem in env.problems)
    assert "KEY" in told
    assert "short" not in told
    assert "geheim" not in told


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    env = Environment({"X": str(tmp_path / "file" / "below")})
    assert env.folder("X", tmp_path).is_dir()
    assert [problem.name for problem in env.problems] == ["X"]


COUNTY = {
    "DATABASE_URL": "postgresql://u:p@127.0.0.1/k",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "KONGCHUO_HOSTS": "kongchuo.example.cn",
    "KONGCHUO_HTTPS": "1",
    "KONGCHUO_PROXIES": "1",
}
WRONG = {
    "DATABASE_URL": "mysql://h/k",
    "REDIS_URL": "http://h",
    "KONGCHUO_DATA": "/dev/null/data",
    "KONGCHUO_HOSTS": "*",
    "KONGCHUO_HTTPS": "vielleicht",
    "KONGCHUO_PROXIES": "-1",
    "KONGCHUO_SECRET_KEY": "kurz",
    "KONGCHUO_IDLE_MINUTES": "0",
    "KONGCHUO_SESSION_HOURS": "x",
    "KONGCHUO_LOGINS_PER_MINUTE": "0",
    "KONGCHUO_UPLOAD_LIMIT_MB": "0",
    "KONGCHUO_LOG_LEVEL": "LAUT",
    "KONGCHUO_URL": "ftp://h",
    "KONGCHUO_GATEWAY_URL": "h",
    "KONGCHUO_GATEWAY_TIMEOUT": "0",
    "KONGCHUO_SMTP_URL": "http://h",
}
# Words of one's own, none of which is wrong in itself.
OWN_WORDS = {"KONGCHUO_GATEWAY_TOKEN", "KONGCHUO_GATEWAY_CHANNELS", "KONGCHUO_MAIL_FROM"}


def run(tmp_path, *command, **variables):
    """A process of the product's with these variables and no others of its own."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    environment = {**kept, "KONGCHUO_DATA": str(tmp_path), **variables}
    command = [sys.executable, *command]
    return subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, timeout=120)


def test_the_settings_of_a_county_pass_every_check(tmp_path):
    done = run(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **COUNTY)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("demo", [{"KONGCHUO_DEMO": "1"}, {"KONGCHUO_TODAY": "2026-11-23"}, {"KONGCHUO_HTTPS": "0"}])
def test_a_demos_settings_do_not_pass_for_a_county(tmp_path, demo):
    assert run(tmp_path, "manage.py", "check", "--deploy", **{**COUNTY, **demo}).returncode == 1


@pytest.mark.parametrize(
    "start",
    [
        ("manage.py", "check"),
        ("-c", "import kongchuo.wsgi"),
        ("-m", "celery", "-A", "kongchuo", "worker", "--pool", "solo"),
        ("-m", "celery", "-A", "kongchuo", "beat"),
    ],
    ids=["command", "web", "worker", "beat"],
)
def test_nothing_starts_with_variables_that_cannot_be_used_and_each_is_named(tmp_path, start):
    done = run(tmp_path, *start, **WRONG)
    assert done.returncode != 0
    assert [name for name in WRONG if name not in done.stderr] == []


def test_every_variable_of_the_handbook_is_tried_here():
    handbook = (BASE_DIR / "docs" / "county.md").read_text(encoding="utf-8")
    rows = [line for line in handbook.splitlines() if line.strip().startswith("| `")]
    assert set(re.findall(r"`([A-Z_]{6,})`", " ".join(row.split("|")[1] for row in rows))) == {*WRONG} | OWN_WORDS


def test_a_wrong_variable_is_refused_at_start(settings):
    settings.ENVIRONMENT = Environment({"X": "viele"})
    settings.ENVIRONMENT.number("X", 1)
    assert "kongchuo.E001" in {error.id for error in run_checks()}


@pytest.mark.parametrize(
    ("value", "server"),
    [
        ("smtps://u:p%40ss@mail.example", MailServer("mail.example", 465, "u", "p@ss", ssl=True)),
        ("smtp+starttls://u:p@mail.example", MailServer("mail.example", 587, "u", "p", starttls=True)),
        ("smtp://127.0.0.1:2525", MailServer("127.0.0.1", 2525)),
    ],
)
def test_a_mail_server_is_read_with_its_way_of_talking(value, server):
    assert Environment({"X": value}).mail_server("X") == server


@pytest.mark.parametrize("value", ["http://u:secret@mail", "smtp://", "smtps://u:secret@mail:port"])
def test_a_wrong_mail_server_is_told_without_its_password(value):
    env = Environment({"X": value})

    assert env.mail_server("X") == MailServer()
    assert "secret" not in env.problems[0].message


def test_a_gateway_without_its_token_is_refused_at_start(settings):
    settings.GATEWAY_URL, settings.GATEWAY_TOKEN = "https://gateway.example", ""

    assert "kongchuo.E005" in {error.id for error in run_checks()}
