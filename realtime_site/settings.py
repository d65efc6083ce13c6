"""Settings, all of them from the environment or from `.env`; `.env.example` lists them.

Owns every value an operator may set. Knows no feature.
"""

from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env

from realtime_site import logs

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()
env.read_env(str(BASE_DIR / ".env"), recurse=False)

# --- What an operator sets first -------------------------------------------------------------------------------

SITE_NAME: str = env.str("SITE_NAME", "Confab")
SITE_URL: str = env.str("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
DATA_DIR = Path(env.str("DATA_DIR", str(BASE_DIR / "var")))
DEBUG: bool = env.bool("DEBUG", False)
_key_file = DATA_DIR / "secret_key"  # bin/serve makes it where no key is set, so that commands find the same one
SECRET_KEY: str = env.str("SECRET_KEY", "") or (_key_file.read_text().strip() if _key_file.exists() else "")
DATABASE_URL: str = env.str("DATABASE_URL", "")
REDIS_URL: str = env.str("REDIS_URL", "")
WORKERS: int = env.int("WORKERS", 1)
SIGNUP: str = env.str("SIGNUP", "invite")  # "invite" or "open"

_site = urlsplit(SITE_URL)
if SIGNUP not in {"invite", "open"}:
    raise ImproperlyConfigured(f'SIGNUP is "invite" or "open", not {SIGNUP!r}.')
if _site.scheme not in {"http", "https"} or not _site.hostname:
    raise ImproperlyConfigured(f"SITE_URL must look like https://chat.example.org, not {SITE_URL!r}.")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. bin/serve makes one for you; "
        "elsewhere put a long random string in the environment or in .env."
    )
HTTPS = _site.scheme == "https"
# IPv6 addresses stand in brackets, in a Host header as in an e-mail address (RFC 5321 §4.1.3).
_host = f"[{_site.hostname}]" if ":" in _site.hostname else _site.hostname

ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", [_host, "localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [f"{_site.scheme}://{_site.netloc}"])

# --- The house -------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "daphne",
    "realtime_site",
    "realtime_site.live",
    "realtime_site.audit",
    "realtime_site.accounts",
    "chat",
    "notifications",
    "channels",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "lucide",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "realtime_site.access.remember_request",
    "realtime_site.middleware.BadInputMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "notifications.sessions.DeviceSessionMiddleware",
    "realtime_site.accounts.sessions.LastSeenMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "realtime_site.urls"
ASGI_APPLICATION = "realtime_site.asgi.application"

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
                "realtime_site.context_processors.site",
            ],
            "builtins": ["lucide.templatetags.lucide"],
        },
    }
]

# --- Database, cache, channel layer ----------------------------------------------------------------------------

if DATABASE_URL:
    DATABASES = {"default": env.dj_db_url("DATABASE_URL")}
    if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
        DATABASES["default"].update(
            CONN_MAX_AGE=0,
            OPTIONS={
                # A worker that stands still in the middle of a transaction (stopped, its machine frozen) would keep its
                # rooms locked, and everybody in them waiting, for as long as it stands. `?options=` goes first.
                # Compiling (JIT) takes 12 ms and more for what then runs for 3, where statistics are behind.
                "options": "-c idle_in_transaction_session_timeout=10s -c jit=off",
            }
            | DATABASES["default"].get("OPTIONS", {})
            | {
                "pool": {
                    "min_size": 2,
                    "max_size": env.int("DATABASE_POOL", 16),
                    # Past this the client gets `unavailable` and tries again, rather than piling up.
                    "timeout": 3,
                    # The pool tries again after 1, 2, 4 … s for as long as this; from its 300 s come pauses of minutes.
                    # After it has given up, the next who asks makes it try.
                    "reconnect_timeout": 2,
                }
            },
        )
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "db.sqlite3",
            "CONN_MAX_AGE": None,
        }
    }
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL, not NORMAL: with WAL, NORMAL may lose the last commits at a power cut, and an ack means committed.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "realtime_site.accounts.cache.SteadyRedisCache",
            "LOCATION": REDIS_URL,
            # A page waits for it: a Redis that hangs counts as gone after a second.
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        }
    }
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {
                "prefix": env.str("REDIS_PREFIX", "confab"),
                # redis-py 8 would end idle subscriptions after 5 s (channels_redis issue 422).
                "hosts": [
                    {
                        "address": REDIS_URL,
                        "socket_timeout": None,
                        "socket_connect_timeout": 5,
                        "health_check_interval": 15,
                        "max_connections": 1000,
                    }
                ],
            },
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels.layers.InMemoryChannelLayer",
            # The layer drops what exceeds its capacity without a word, and forgets groups by age; the hub is its only
            # reader.
            "CONFIG": {"capacity": 1_000_000, "group_expiry": 10 * 365 * 86_400},
        }
    }

# --- People ----------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_ADAPTER = "realtime_site.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "realtime_site.accounts.forms.LoginForm",
    "reset_password": "realtime_site.accounts.forms.ResetPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_USERNAME_VALIDATORS = "realtime_site.accounts.models.username_validators"
# "mandatory": nobody gets in without a confirmed address.
ACCOUNT_EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", "optional")
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*" if ACCOUNT_EMAIL_VERIFICATION == "mandatory" else "email", "password1*"]
# "strict": without it, signing up with somebody's e-mail address tells that they are here. The price is that an address
# nobody has verified may stand on several accounts; verified, on one.
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_USERNAME_BLACKLIST = ["all", "channel", "everybody", "everyone", "here", "me", "online", "room", "system"]
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a changed password or address is told to the old one
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # a borrowed, unlocked laptop must not be enough to change the address
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa"]  # nor the mailbox that is open on it, so no mailed code
# allauth's limits, counted in the shared cache. `ip` is one address, `key` one name or address, `user` one person.
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = {
    # A class of forty behind one address logs in within a minute.
    "login": "60/m/ip",
    # Guessing: 10 typing errors in a quarter of an hour are forgiven, 960 guesses a day are useless against any
    # password the validators below let through. Per name too, since an attacker has many addresses.
    "login_failed": "20/m/ip,10/15m/key",
    "signup": "20/m/ip",
    # Each may send a mail to an address of the asker's choice.
    "reset_password": "20/h/ip,5/h/key",
    "reset_password_from_key": "20/m/ip",
    "manage_email": "10/m/user",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
    # Decoding a picture costs up to a second of a core.
    "change_profile": "10/m/user",
    "create_token": "20/h/user",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME
MFA_TOTP_TOLERANCE = 1  # 30 s either way: phones' clocks drift
# Where mail is not set up nobody can verify an address, and a second factor must not wait for that.
MFA_ALLOW_UNVERIFIED_EMAIL = ACCOUNT_EMAIL_VERIFICATION != "mandatory"
# The client is the entry that many from the end of X-Forwarded-For: what the outermost of our proxies has seen.
ALLAUTH_TRUSTED_PROXY_COUNT: int = env.int("TRUSTED_PROXIES", 0)

EMAIL_CONFIG = env.dj_email_url("EMAIL_URL", "console://")  # the terminal, until a mail server is named
if "EMAIL_BACKEND" not in EMAIL_CONFIG:
    raise ImproperlyConfigured(
        "EMAIL_URL must look like smtp://user:password@mail.example.org:587/?tls=True or console://"
    )
globals().update(EMAIL_CONFIG)
EMAIL_TIMEOUT: int = EMAIL_CONFIG.get("EMAIL_TIMEOUT") or 10  # a mail server that hangs must not hold a page longer
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", f"{SITE_NAME} <noreply@{_host}>")
if "@" not in DEFAULT_FROM_EMAIL:  # not parseaddr: in Python 3.11.2, Debian 12's, it knows no noreply@[::1]
    raise ImproperlyConfigured(f"DEFAULT_FROM_EMAIL is no address: {DEFAULT_FROM_EMAIL!r}.")

# --- The live kernel (realtime_site/live reads these and no others) ----------------------------------------------

LIVE_TOKEN_AUTHENTICATOR = "realtime_site.accounts.tokens.authenticate_all"  # noqa: S105  a dotted path
LIVE_EVENT_SOURCE = "realtime_site.catchup"
LIVE_HEARTBEAT_SECONDS = 25
LIVE_RATE_LIMITS: bool = env.bool("RATE_LIMITS", True)
if not LIVE_RATE_LIMITS:  # for load tests
    ACCOUNT_RATE_LIMITS = False
LIVE_TRUSTED_PROXIES = ALLAUTH_TRUSTED_PROXY_COUNT
LIVE_DRAIN_SECONDS: float = env.float("DRAIN_SECONDS", 10.0)
LIVE_DATABASE_THREADS: int = env.int("DATABASE_THREADS", 8)

# --- Acts that can be taken back, by the apps that know how ------------------------------------------------------

AUDIT_UNDO = ["chat.services.undoing.UNDO", "realtime_site.accounts.undoing.UNDO"]

# --- Chat --------------------------------------------------------------------------------------------------------

# `manage.py prune` deletes messages after so many days where their room does not say otherwise; 0 keeps them for ever.
CHAT_KEEP_DAYS: int = env.int("CHAT_KEEP_DAYS", 0)

# --- Notifications (docs/notifications.md has all that the app reads; SITE_URL, TIME_ZONE and the like are above) --

NOTIFICATION_ADDRESSES = "realtime_site.accounts.addresses.verified"
NOTIFICATION_HEARERS = "realtime_site.scopes.hearers"
NOTIFICATION_SCOPES = "realtime_site.scopes.places"
NOTIFICATION_EMAIL_MINUTES: float = env.float("NOTIFICATION_EMAIL_MINUTES", 15.0)
NOTIFICATION_WHY_DAYS: int = env.int("NOTIFICATION_WHY_DAYS", 30)
NOTIFICATION_KEEP_DAYS: int = env.int("NOTIFICATION_KEEP_DAYS", 180)
# The key for Web Push. As with SECRET_KEY, bin/serve makes a file where none is set.
_vapid_file = DATA_DIR / "vapid_key"
VAPID_PRIVATE_KEY: str = env.str("VAPID_PRIVATE_KEY", "") or (
    _vapid_file.read_text().strip() if _vapid_file.exists() else ""
)
VAPID_CONTACT: str = env.str("VAPID_CONTACT", "")  # mailto: the sender of mail, where it is empty
PUSH_TEST_ORIGINS: list[str] = env.list("PUSH_TEST_ORIGINS", [])
DELIVERER: bool = env.bool("DELIVERER", True)  # whether bin/serve starts one

# --- Static files and uploads ------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "realtime_site.staticfiles.HashedStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- Safety ------------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {"camera": [], "geolocation": [], "microphone": [], "payment": [], "usb": []}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 30 * 86_400
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS: int = env.int("HSTS_SECONDS", 31_536_000 if HTTPS else 0)
SECURE_SSL_REDIRECT: bool = env.bool("SSL_REDIRECT", HTTPS)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
if HTTPS:
    # TLS ends at a proxy, which must overwrite this header, or whoever sends it is believed.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"

# --- Words and time ------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = "realtime_site.formats"
TIME_ZONE = "UTC"

# --- For whoever watches -------------------------------------------------------------------------------------------

LOG_FORMAT: str = env.str("LOG_FORMAT", "line")  # "line" or "json"
LOGGING = logs.configuration(LOG_FORMAT, env.str("LOG_LEVEL", "WARNING"))
METRICS_TOKEN: str = env.str("METRICS_TOKEN", "")
SENTRY_DSN: str = env.str("SENTRY_DSN", "")
OTEL_EXPORTER_OTLP_ENDPOINT: str = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", "")
