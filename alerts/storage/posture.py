"""How safe a server's settings are for rules that must not be lost."""

from collections.abc import Mapping

from redis import exceptions as redis_errors
from redis.asyncio import Redis
from redis.asyncio.sentinel import SentinelConnectionPool

from alerts.domain.errors import StoreError

_ASKED = ("appendonly", "save", "maxmemory-policy", "requirepass")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


async def posture(client: Redis) -> list[str]:
    """Lines that begin with `refused`, `warning` or `unknown`; none when all is well."""
    config: dict[str, str] = {}
    try:
        for name in _ASKED:  # one at a time: several at once need Redis 7
            answer = await client.config_get(name)
            config |= {_text(key): _text(value) for key, value in answer.items()}
    except redis_errors.ResponseError:
        return ["unknown: the server does not show its settings (CONFIG is forbidden)"]
    except (redis_errors.RedisError, OSError) as error:
        raise StoreError(f"the store does not answer: {error}") from error
    return concerns(config, local(client))


def local(client: Redis) -> bool:
    """Whether the server is reached over a unix socket or the loopback."""
    target = client.connection_pool.connection_kwargs
    if isinstance(client.connection_pool, SentinelConnectionPool):
        return False
    return "path" in target or target.get("host", "localhost") in _LOOPBACK


def concerns(config: Mapping[str, str], local: bool) -> list[str]:  # noqa: FBT001
    """What is risky in these settings; a setting that is not shown is unknown."""
    lines = [f"unknown: {name} is not shown" for name in _ASKED if name not in config]
    policy = config.get("maxmemory-policy", "noeviction")
    if policy != "noeviction":
        grade = "refused" if policy.startswith("allkeys") else "warning"
        lines.append(f"{grade}: maxmemory-policy is {policy}, set noeviction: it may drop rules")
    if config.get("appendonly") == "no":
        lines.append(_without_log(config.get("save", "")))
    if not config.get("requirepass", "?") and not local:
        lines.append("warning: the server asks for no password and is not on this machine")
    return lines


def _without_log(save: str) -> str:
    if save:
        return "warning: appendonly is no: a crash loses all since the last snapshot, set it to yes"
    return "warning: appendonly is no and save is empty: a restart loses everything, set it to yes"


def _text(value: str | bytes | None) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value or ""
