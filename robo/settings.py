"""Settings. One file; environment variables are the only difference between places.

`docs/operate.md` lists the variables. Nothing here has a secret as its default: a missing one
stops the start with a sentence.
"""

from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

from robo import env, partner

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost")
SITE_URL = env.text("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
SECURE = SITE_URL.startswith("https://")

# Who we are today: one deployment, one partner.
PARTNER = env.text("PARTNER", "") or partner.first()
PARTNER_DIR = partner.directory(PARTNER)

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "robo.admin_site.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_structlog",
    "pgtrigger",
    "robo.ui",
    "robo.audit",
    "robo.webhooks",
    "robo",
    "accounts",
    "onboarding",
    "portfolios",
    "funding",
    "trading",
]

MIDDLEWARE = [
    "robo.http.health",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # pads each answer, against guessing by its length
    "robo.http.true_client",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "accounts.security.last_seen",
    "robo.logs.RequestMiddleware",
    "robo.http.local_time",
    "robo.http.sign_in_returns",
    "robo.http.forms_only",
    "robo.http.staff_have_mfa",
    "robo.http.permissions_policy",
]

ROOT_URLCONF = "robo.urls"
WSGI_APPLICATION = "robo.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PARTNER_DIR / "templates", BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "robo.partner.context",
            ],
            "builtins": ["robo.ui.templatetags.ui"],
        },
    }
]


# PostgreSQL and the broker ------------------------------------------------------------------


def postgres(url: str) -> dict[str, object]:
    """Django's words for postgres://user:password@host:port/name?option=value."""
    parts = urlsplit(url)
    options = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": parts.port or "",
        "CONN_MAX_AGE": env.number("DATABASE_CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, "application_name": "robo", **options},
    }


DATABASES = {"default": postgres(env.text("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "robo.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "robo",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# The loop (robo.work): HTTP budget < task time limit < hold. robo.checks says so when it isn't.
BLUUM_CALL_BUDGET = timedelta(seconds=20)
WORK_HOLD = timedelta(seconds=180)
WORK_ATTEMPTS = 12
SWEEP_EVERY = timedelta(seconds=env.number("SWEEP_SECONDS", 30))

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_SOFT_TIME_LIMIT = 100
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_DEFAULT_QUEUE = "interactive"
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "queue_order_strategy": "priority",
    "socket_connect_timeout": 1,
    "socket_timeout": 10,
    "visibility_timeout": 3600,
}
CELERY_BEAT_SCHEDULE = {"sweep": {"task": "robo.tasks.sweep", "schedule": SWEEP_EVERY}}
CELERY_BEAT_SCHEDULE_FILENAME = env.text("BEAT_SCHEDULE_FILE", "/tmp/robo-beat")  # noqa: S108

# Bluum and Plaid ----------------------------------------------------------------------------

BLUUM_BASE_URL = env.text("BLUUM_BASE_URL")
BLUUM_API_KEY = env.text("BLUUM_API_KEY")
BLUUM_API_SECRET = env.text("BLUUM_API_SECRET")
BLUUM_REQUESTS_PER_SECOND = env.number("BLUUM_REQUESTS_PER_SECOND", 10)
BLUUM_WEBHOOK_SECRETS = env.words("BLUUM_WEBHOOK_SECRET")
BLUUM_SIGNATURE_HEADER = env.text("BLUUM_SIGNATURE_HEADER", "X-Bluum-Signature")
# Plaid of our own, to read what people hold elsewhere; without an address nothing is offered.
PLAID_BASE_URL = env.text("PLAID_BASE_URL", "")
PLAID_CLIENT_ID = env.text("PLAID_CLIENT_ID", None if PLAID_BASE_URL else "")
PLAID_SECRET = env.text("PLAID_SECRET", None if PLAID_BASE_URL else "")
# Where Plaid's Link comes from in the browser; empty means hosted pages only.
PLAID_LINK_SCRIPT = env.text(
    "PLAID_LINK_SCRIPT", "https://cdn.plaid.com/link/v2/stable/link-initialize.js"
)
PLAID_LINK_ORIGINS = env.words("PLAID_LINK_ORIGINS", "https://cdn.plaid.com")

# Fernet keys, newest first, for what must not lie in the clear (tax IDs, mails, documents).
SEAL_KEYS = env.words("SEAL_KEYS", None)

# People and sign-in -------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "landing"

ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SECURE else "http"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
USERSESSIONS_TRACK_ACTIVITY = False

# Mail: Django's messages become sealed rows; the loop sends them (accounts.mail).
EMAIL_BACKEND = "accounts.mail.OutboxBackend"
EMAIL_HOST = env.text("EMAIL_HOST", "127.0.0.1")
EMAIL_PORT = env.number("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = partner.sender(PARTNER)
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Browsers -----------------------------------------------------------------------------------

# How many proxies of ours stand in front: the true client is that many from the right of
# X-Forwarded-For. 0 means none, and the header is ignored.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "robo.views.form_expired"
CSRF_TRUSTED_ORIGINS = [SITE_URL]
for cookie in ("SESSION", "CSRF"):
    globals()[f"{cookie}_COOKIE_SECURE"] = SECURE
    globals()[f"{cookie}_COOKIE_HTTPONLY"] = True
    globals()[f"{cookie}_COOKIE_SAMESITE"] = "Lax"
if SECURE:
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
else:  # several demos on one machine share a host, and cookies know no port
    SESSION_COOKIE_NAME = f"session-{urlsplit(SITE_URL).port or 80}"
    CSRF_COOKIE_NAME = f"csrf-{urlsplit(SITE_URL).port or 80}"
SESSION_COOKIE_AGE = 12 * 3600
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "style-src-attr": [UNSAFE_INLINE],  # chart geometry only: --x, --y and the like
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF, *PLAID_LINK_ORIGINS],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
# The bank page alone talks to Plaid; the admin's own scripts need eval and inline styles.
CSP_FOR_PLAID = {
    "script-src": PLAID_LINK_ORIGINS,
    "frame-src": PLAID_LINK_ORIGINS,
    "connect-src": PLAID_LINK_ORIGINS,
}
CSP_FOR_ADMIN = {
    "default-src": [NONE],
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
    "base-uri": [NONE],
}

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [path for path in (PARTNER_DIR / "static", BASE_DIR / "static") if path.is_dir()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if not env.flag("STATIC_HASHED", not DEBUG)
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_KEEP_ONLY_HASHED_FILES = False

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "America/New_York"  # the day of people and markets; instants stay UTC

# Logs: JSON lines with request, task and Bluum request ids; never a body, a name or an amount.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "robo.logs.formatter"}},
    "handlers": {
        "stdout": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "line",
        }
    },
    "root": {"handlers": ["stdout"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"handlers": [], "propagate": False},
        "httpx": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
    },
}

SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # e-mail addresses are unique by a constraint on their lower case
]

from robo.unfold import UNFOLD as UNFOLD  # noqa: E402 (how the admin looks)
