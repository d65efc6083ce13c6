"""The shared cache, steady while Redis is away. What counts logins must neither fail with it nor stop counting."""

import functools
import logging
import time
from collections.abc import Callable
from typing import Any, ClassVar

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

REST_SECONDS = 5.0  # how long a Redis that did not answer is left alone, so that not every request waits for it
_log = logging.getLogger(__name__)


def _steady(name: str) -> Callable[..., Any]:
    through_redis = getattr(RedisCache, name)

    @functools.wraps(through_redis)
    def method(self: "SteadyRedisCache", *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= SteadyRedisCache.resting_until:
            try:
                return through_redis(self, *args, **kwargs)
            except (RedisError, OSError) as error:
                SteadyRedisCache.resting_until = time.monotonic() + REST_SECONDS
                _log.warning("The cache does not answer (%s); this process counts alone for a while", error)
        return getattr(self.memory, name)(*args, **kwargs)

    return method


class SteadyRedisCache(RedisCache):
    """Django's Redis cache, answered from this process's memory while Redis does not answer.

    Each worker then counts by itself, so limits are looser by the number of workers, never gone.
    """

    # For the whole process: Django makes one cache object a thread.
    resting_until: ClassVar[float] = 0.0

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.memory = LocMemCache("while Redis is away", {})

    add = _steady("add")
    get = _steady("get")
    set = _steady("set")
    touch = _steady("touch")
    delete = _steady("delete")
    get_many = _steady("get_many")
    has_key = _steady("has_key")
    incr = _steady("incr")
    set_many = _steady("set_many")
    delete_many = _steady("delete_many")
    clear = _steady("clear")
