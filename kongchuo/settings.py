"""Settings, all from the environment. A trial needs none; a county sets DATABASE_URL, REDIS_URL and hosts."""

import secrets
from pathlib import Path

import dj_database_url
import structlog
from celery.schedules import crontab
from csp.constants import NONE, SELF
from kombu.transport import TRANSPORT_ALIASES

from kongchuo.env import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT = env = Environment()

DATA_DIR = env.folder("KONGCHUO_DATA", BASE_DIR / "data")


def own_secret() -> str:
    """The signing key: from the environment, or made on first run beside the data, never in the repository."""
    given = env.secret("KONGCHUO_SECRET_KEY", least=50)
    if given:
        return given
    path = DATA_DIR / "keys" / "signing.key"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with path.open("x", encoding="ascii") as file:
            path.chmod(0o600)
            file.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
    return path.read_text(encoding="ascii")


SECRET_KEY = own_secret()
DEBUG = False
KONGCHUO_DEMO = env.flag("KONGCHUO_DEMO")
KONGCHUO_TODAY = env.day("KONGCHUO_TODAY")
HTTPS = env.flag("KONGCHUO_HTTPS")
ALLOWED_HOSTS = env.hosts("KONGCHUO_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [f"https://{'*' if host[0] == '.' else ''}{host}" for host in ALLOWED_HOSTS] if HTTPS else []

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "django_vite",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "rest_framework",
    "simple_history",
    "treebeard",
    "kongchuo",
    "organisation",
    "students",
    "casework",
    "accountability",
    "reports",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "organisation.middleware.NoNul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "organisation.middleware.SessionLifetime",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "organisation.middleware.FirstPassword",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "organisation.middleware.Refusals",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "kongchuo.urls"
WSGI_APPLICATION = "kongchuo.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "organisation.context.shell",
            ]
        },
    }
]

# Storage. SQLite wants WAL and immediate transactions: a deferred read-then-write fails at once under load.
DATABASES = {
    "default": dj_database_url.parse(
        env.address(
            "DATABASE_URL",
            f"sqlite:///{DATA_DIR / 'kongchuo.sqlite3'}",
            schemes=("postgresql", "postgres", "sqlite"),
        ),
        conn_max_age=600,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000;",
    }
else:
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
UPLOAD_LIMIT_MB = env.number("KONGCHUO_UPLOAD_LIMIT_MB", 20, least=1)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

# Language and day.
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
FORMAT_MODULE_PATH = "kongchuo.formats"

# Static files, built from `frontend/`.
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"] if (BASE_DIR / "static").is_dir() else []
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
DJANGO_VITE = {
    "default": {"dev_mode": False, "manifest_path": BASE_DIR / "static" / "manifest.json", "static_url_prefix": ""}
}

# Sign-in: lockout by django-axes, sessions that end, argon2.
AUTH_USER_MODEL = "organisation.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/start/"
ACCOUNT_ADAPTER = "organisation.accounts.Adapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = "login"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_SESSION_REMEMBER = False
# Locking is axes' work; the limit per address only slows down one password tried on many accounts.
ACCOUNT_RATE_LIMITS = {"login_failed": None, "login": f"{env.number('KONGCHUO_LOGINS_PER_MINUTE', 120, least=1)}/m/ip"}
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("KONGCHUO_PROXIES", 0)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "控辍保学"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = ["username"]  # a school shares one address: locking it would lock out every teacher
AXES_LOCKOUT_CALLABLE = "organisation.accounts.locked_out"
AXES_USERNAME_FORM_FIELD = "username"  # the credential's name, which is not the form field's "login"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_ENABLE_ADMIN = False  # a one-time password lifts a lock; the log stays in the database
AXES_IPWARE_PROXY_COUNT = ALLAUTH_TRUSTED_PROXY_COUNT or None
SILENCED_SYSTEM_CHECKS = [
    "axes.W006",  # the parameters above are meant so
    "security.W005",  # a county's other subdomains are not ours to bind
    "security.W021",  # nor is its name ours to enter in the browsers' lists
]
SESSION_IDLE_MINUTES = env.number("KONGCHUO_IDLE_MINUTES", 120, least=5)
SESSION_COOKIE_AGE = env.number("KONGCHUO_SESSION_HOURS", 12, least=1) * 3600
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "organisation.views.errors.csrf_failure"
CSRF_COOKIE_HTTPONLY = True

# What a browser may do with our pages.
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# API.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["organisation.api.parsers.Json"],
    "DEFAULT_PAGINATION_CLASS": "organisation.api.pagination.Cursor",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "organisation.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
REST_KNOX = {"AUTH_HEADER_PREFIX": "Token", "TOKEN_TTL": None, "AUTO_REFRESH": False}
SPECTACULAR_SETTINGS = {
    "TITLE": "控辍保学接口",
    "DESCRIPTION": "点名、学生、旷课处理、待办、辍学率、报表。浏览器会话加 CSRF,或 Authorization: Token …。",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {},
}

# Work in the background: Redis where there is one, else files in the data folder; the same tasks.
REDIS_URL = env.address("REDIS_URL", "", schemes=("redis", "rediss", "unix"))
TRANSPORT_ALIASES["files"] = "kongchuo.queue_files:Transport"
CELERY_BROKER_URL = REDIS_URL or "files://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        # Longer than any task runs. What a killed worker held comes back after it; the sweeper is faster.
        "visibility_timeout": 3600,
        # A page waits at most this long for a broker that is away.
        "socket_connect_timeout": 1,
        "socket_timeout": 10,
        "socket_keepalive": True,
        "max_retries": 0,
        "connect_retries_timeout": 1,
    }
    if REDIS_URL
    else {
        "data_folder_in": str(DATA_DIR / "queue"),
        "data_folder_out": str(DATA_DIR / "queue"),
        "control_folder": str(DATA_DIR / "queue" / "control"),
        "polling_interval": 0.1,
    }
)
if not REDIS_URL:
    (DATA_DIR / "queue" / "control").mkdir(parents=True, exist_ok=True)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker outlasts any absence of the broker
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False  # a page must not wait for a broker that is away; the sweeper sends again
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "worker is alive": {"task": "organisation.beat", "schedule": 20},
    "what a crash left": {"task": "organisation.sweep", "schedule": 60},
    "history into its chain": {"task": "organisation.seal_history", "schedule": crontab(minute="*/10")},
    "roll cut-offs": {"task": "casework.open_roll_duties", "schedule": crontab(minute="*/5", hour="7-21")},
    "reminders and lateness": {"task": "casework.chase_duties", "schedule": crontab(minute=5, hour="0,7,12,16")},
    "unverified to truant": {"task": "casework.settle_unverified", "schedule": crontab(minute=10, hour=0)},
    "ended suspensions": {"task": "casework.suspect_overdue", "schedule": crontab(minute=15, hour=0)},
    "messages to guardians": {"task": "casework.send_messages", "schedule": 60},
    "counts of link visits": {"task": "casework.forget_knocks", "schedule": crontab(minute=40, hour=3)},
    "nightly comparison": {"task": "casework.compare_lists", "schedule": crontab(minute=50, hour=0)},
    "nightly warnings": {"task": "casework.follow_all_warnings", "schedule": crontab(minute=40, hour=0)},
    "contacts before a term": {"task": "casework.open_term_contacts", "schedule": crontab(minute=30, hour=4)},
    "findings that ran out": {"task": "accountability.follow_findings", "schedule": crontab(minute=25, hour=0)},
    "routine work by the calendar": {
        "task": "accountability.open_routine_duties",
        "schedule": crontab(minute=0, hour=5),
    },
    "late duties to leads": {"task": "accountability.open_leads", "schedule": crontab(minute=20, hour=0)},
    "truth checks": {"task": "accountability.check_truth", "schedule": crontab(minute=10, hour=1)},
    "nightly figures": {"task": "reports.compute_all_rates", "schedule": crontab(minute=30, hour=0)},
}

# Letters to guardians: where they open them, and what carries word of them. A channel without its gateway is not offered.
PUBLIC_URL = env.address("KONGCHUO_URL", "", schemes=("https", "http")).rstrip("/")
GATEWAY_URL = env.address("KONGCHUO_GATEWAY_URL", "", schemes=("https", "http"))
GATEWAY_TOKEN = env.text("KONGCHUO_GATEWAY_TOKEN")
GATEWAY_TIMEOUT = env.number("KONGCHUO_GATEWAY_TIMEOUT", 10, least=1)  # seconds
GATEWAY_CHANNELS = env.words("KONGCHUO_GATEWAY_CHANNELS", "sms")
SMTP = env.mail_server("KONGCHUO_SMTP_URL")
EMAIL_HOST, EMAIL_PORT = SMTP.host, SMTP.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = SMTP.user, SMTP.password
EMAIL_USE_SSL, EMAIL_USE_TLS, EMAIL_TIMEOUT = SMTP.ssl, SMTP.starttls, GATEWAY_TIMEOUT
DEFAULT_FROM_EMAIL = env.text("KONGCHUO_MAIL_FROM", "kongchuo@localhost")

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.stdlib.render_to_log_kwargs,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
LOG_LEVEL = env.choice("KONGCHUO_LOG_LEVEL", "WARNING", among=("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "kongchuo.logs.Discreet", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {"django.request": {"level": "ERROR"}, "django_structlog": {"level": "ERROR"}},
}
