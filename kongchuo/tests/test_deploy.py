"""What stands in deploy/ is what the handbook says: parsed, so that it cannot rot."""

import re
from configparser import ConfigParser
from urllib.parse import urlsplit

import pytest
import yaml
from django.conf import settings

DEPLOY = settings.BASE_DIR / "deploy"
HANDBOOK = (settings.BASE_DIR / "docs" / "county.md").read_text(encoding="utf-8")
VARIABLES = set(re.findall(r"`((?:KONGCHUO|DATABASE|REDIS)_[A-Z_]+)`", HANDBOOK))
UNITS = ["web", "worker", "beat"]


def unit(name):
    parser = ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str
    parser.read_string((DEPLOY / f"kongchuo-{name}.service").read_text(encoding="utf-8"))
    return parser


def example_environment():
    lines = (DEPLOY / "kongchuo.env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@pytest.fixture
def compose():
    return yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", UNITS)
def test_each_service_runs_from_the_handbooks_places_and_comes_back_after_a_fall(name):
    service = unit(name)["Service"]
    assert service["EnvironmentFile"] == "/etc/kongchuo.env"
    assert service["ReadWritePaths"] == example_environment()["KONGCHUO_DATA"]
    assert (service["User"], service["Restart"]) == ("kongchuo", "always")
    assert service["ExecStart"].startswith(f"{service['WorkingDirectory']}/.venv/bin/")
    assert unit(name)["Install"]["WantedBy"] == "multi-user.target"


def test_there_is_one_beat_and_no_other_service_has_a_clock():
    starts = {path.name: unit(path.stem.partition("-")[2])["Service"]["ExecStart"] for path in DEPLOY.glob("*.service")}
    assert set(starts) == {f"kongchuo-{name}.service" for name in UNITS}
    assert [name for name, start in starts.items() if "celery -A kongchuo beat" in start] == ["kongchuo-beat.service"]
    assert not any("--beat" in start or " -B" in start for start in starts.values())


def test_the_proxy_passes_on_to_the_web_service_and_tells_it_the_truth():
    proxy = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    bound = re.search(r"--bind (\S+)", unit("web")["Service"]["ExecStart"])[1]
    assert f"server {bound};" in proxy
    assert proxy.count("{") == proxy.count("}")
    assert "proxy_set_header X-Forwarded-Proto $scheme;" in proxy
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in proxy  # what a browser says of itself is dropped
    assert "proxy_set_header Host $host;" in proxy
    assert "return 301 https://" in proxy
    limit = int(re.search(r"client_max_body_size (\d+)m;", proxy)[1])
    assert limit > settings.UPLOAD_LIMIT_MB
    assert example_environment()["KONGCHUO_HOSTS"] in re.findall(r"server_name (\S+);", proxy)


def test_the_example_environment_names_only_what_the_handbook_explains():
    assert set(example_environment()) <= VARIABLES


def test_containers_hold_the_same_installation(compose):
    services = compose["services"]
    assert set(services) == {"postgres", "redis", "migrate", "web", "worker", "beat"}
    assert "beat" in services["beat"]["command"]
    assert not any("--beat" in service.get("command", []) for service in services.values())
    for name in ("web", "worker", "beat"):
        assert services[name]["image"] == services["migrate"]["image"]
        assert services[name]["volumes"] == ["data:/var/lib/kongchuo"]
        environment = services[name]["environment"]
        assert set(environment) <= VARIABLES
        assert urlsplit(environment["REDIS_URL"]).hostname in services
        assert "@postgres:" in environment["DATABASE_URL"]
    assert services["web"]["ports"] == ["127.0.0.1:8000:8000"]


def test_every_image_is_pinned(compose):
    images = {service["image"] for service in compose["services"].values()}
    images |= set(re.findall(r"^FROM (\S+)", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE))
    assert [image for image in images if not re.search(r":\d+\.\d+", image)] == []


def test_the_image_is_made_of_the_projects_own_files():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    sources = [source for line in copied for source in line.split()]
    assert [source for source in sources if not (settings.BASE_DIR / source).exists()] == []
    assert {"kongchuo", "manage.py", "requirements.txt", "templates"} <= set(sources)
    floors = {app for app in settings.INSTALLED_APPS if (settings.BASE_DIR / app).is_dir()}
    assert floors <= set(sources)


def test_every_file_that_the_handbook_names_is_there():
    named = set(re.findall(r"`((?:deploy|docs)/[\w./-]+)`", HANDBOOK))
    assert "deploy/nginx.conf" in named
    assert [name for name in named if not (settings.BASE_DIR / name).exists()] == []
