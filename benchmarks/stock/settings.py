"""The peer: a project as the Channels tutorial leads to, on the same Django, channels and daphne."""

import os

import dj_database_url

SECRET_KEY = "benchmark"  # noqa: S105  listens on loopback for a minute
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [
    "daphne",
    "benchmarks.stock",
    "channels",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "benchmarks.stock.urls"
ASGI_APPLICATION = "benchmarks.stock.asgi.application"
DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"])}
if os.environ["STOCK_POOL"]:
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 2, "max_size": 16}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": os.environ["STOCK_LAYER"],
        # The one departure from the tutorial: without it redis-py 8 ends idle sockets after 5 s (channels_redis 422).
        "CONFIG": {"hosts": [{"address": os.environ["REDIS_URL"], "socket_timeout": None}]},
    }
}
