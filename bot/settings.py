"""Everything that can be set, read once into one frozen value."""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset, Chat, Venue
from alerts.storage.sentinel import passwords
from bot import forms
from bot.environment import find


class SettingsError(UsageError):
    """Settings that cannot be used: one line per problem, with its remedy and without secrets.

    What was merely odd is told along with them: it may be the cause.
    """

    def __init__(self, problems: tuple[str, ...], warnings: tuple[str, ...] = ()) -> None:
        super().__init__("\n".join((*problems, *warnings)))
        self.problems = problems


Duration = Annotated[timedelta, forms.form(forms.duration)]


def _of_venue(title: str, usual: str) -> Any:
    """A venue's address; empty is the venue's own."""
    return Field("", description=f"Another address for {title}; empty: {usual}.")


def _streams(usual: str) -> Any:
    """The address of a venue's streams; empty is the venue's own, unless it is asked elsewhere."""
    return Field("", description=f"Its streams; empty: {usual}, or none where its URL is set.")


Web = Annotated[str, forms.form(forms.url("http", "https", example="https://host/path"))]
Socket = Annotated[str, forms.form(forms.url("ws", "wss", example="wss://host/path"))]
Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
YesNo = Literal["yes", "no"]
Format = Literal["auto", "console", "json"]


class Settings(BaseSettings):
    """What the operator set. Each field is the setting of the same name in capitals.

    Descriptions end up in `docs/settings.md`; the defaults are the product's.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=False
    )

    telegram_bot_token: Annotated[SecretStr | None, forms.form(forms.telegram_token)] = Field(
        None, description="The token of @BotFather; it switches Telegram on."
    )
    telegram_api_url: Web = Field(
        "https://api.telegram.org", description="Another Bot API server, such as a local one."
    )
    telegram_messages_per_second: Annotated[int, forms.form(forms.whole(1, 1000))] = Field(
        30, description="Messages a second over all chats: 1000 with paid broadcast."
    )
    telegram_webhook_url: Web = Field(
        "",
        description="Public address that reaches HTTP_PORT, such as https://bot.example.org: "
        "Telegram then delivers there instead of being polled.",
    )
    telegram_webhook_secret: Annotated[SecretStr | None, forms.form(forms.webhook_secret)] = Field(
        None, description="16 to 256 letters, digits, - or _ that prove a delivery is Telegram's."
    )
    discord_bot_token: Annotated[SecretStr | None, forms.form(forms.discord_token)] = Field(
        None, description="The token of the developer portal; it switches Discord on."
    )
    discord_api_url: Web = Field(
        "https://discord.com/api/v10", description="For a proxy or a test server."
    )
    discord_gateway_url: Annotated[
        str, forms.form(forms.url("ws", "wss", example="wss://gateway.discord.gg"))
    ] = Field("", description="For a proxy or a test server; empty: what Discord's API names.")
    discord_guild_ids: Annotated[tuple[int, ...], forms.form(forms.guilds)] = Field(
        (), description="Servers that get new commands at once, for development."
    )
    discord_shard: Annotated[str, forms.form(forms.shard)] = Field(
        "0/1",
        description="Which part of the servers this process listens to, of how many: with 0/2 and "
        "1/2 two processes share them. Direct messages come to the first.",
    )
    redis_url: Annotated[SecretStr | None, forms.form(forms.redis_url)] = Field(
        None,
        description="A Redis or Valkey (redis://, rediss://, unix://, or with Sentinels "
        "redis+sentinel://host:26379,host:26379/name, and ?sentinel_password=… where they ask for "
        "one); empty: the embedded one.",
    )
    redis_strict: Annotated[YesNo, forms.form(forms.one_of("yes", "no"))] = Field(
        "no", description="yes: refuse to start on a store that may forget, instead of a warning."
    )
    data_dir: Annotated[Path, forms.form(forms.folder)] = Field(
        default_factory=lambda: forms.folder("~/.local/share/derivwatch"),
        description="Files of the embedded store, and the log of a run without a token on "
        "a terminal (~/.local/share/derivwatch).",
    )
    assets: Annotated[tuple[Asset, ...], forms.form(forms.assets)] = Field(
        (Asset("BTC"), Asset("ETH")), description="What is watched: any asset that a venue lists."
    )
    venues: Annotated[tuple[Venue, ...], forms.form(forms.venues)] = Field(
        (), description="The exchanges to ask; empty: all."
    )
    deribit_url: Web = Field(
        "",
        description="Deribit's API with its path, for a testnet, a proxy or a recording; "
        "empty: https://www.deribit.com/api/v2.",
    )
    deribit_ws_url: Socket = _streams("wss://www.deribit.com/ws/api/v2")
    binance_usdm_url: Web = _of_venue("Binance USD-M", "https://fapi.binance.com")
    binance_usdm_ws_url: Socket = _streams("wss://fstream.binance.com")
    binance_coinm_url: Web = _of_venue("Binance COIN-M", "https://dapi.binance.com")
    binance_coinm_ws_url: Socket = _streams("wss://dstream.binance.com")
    okx_url: Web = _of_venue("OKX", "https://openapi.okx.com")
    okx_ws_url: Socket = _streams("wss://ws.okx.com:8443")
    bybit_url: Web = _of_venue("Bybit", "https://api.bybit.com")
    bybit_ws_url: Socket = _streams("wss://stream.bybit.com/v5/public")
    hyperliquid_url: Web = _of_venue("Hyperliquid", "https://api.hyperliquid.xyz")
    gate_url: Web = _of_venue("Gate", "https://api.gateio.ws/api/v4")
    poll_options: Duration = Field(
        timedelta(seconds=60), description="How often option chains are asked for; 1s at least."
    )
    poll_futures: Duration = Field(
        timedelta(seconds=15), description="How often futures are asked for; 1s at least."
    )
    poll_price: Duration = Field(
        timedelta(seconds=5), description="How often prices are asked for; 1s at least."
    )
    group_wait: Duration = Field(
        timedelta(seconds=60),
        description="What rings in a chat so soon after another alert is gathered in one card, "
        "unless it is critical or loud; 1s at least.",
    )
    http_host: Annotated[str, forms.form(forms.host)] = Field(
        "127.0.0.1", description="Where /healthz, /readyz and /metrics listen."
    )
    http_port: Annotated[int, forms.form(forms.whole(0, 65535))] = Field(
        8080, description="Their port; 0 switches them off."
    )
    admin_chats: Annotated[tuple[Chat, ...], forms.form(forms.chats)] = Field(
        (), description="Who hears of the operator's troubles: telegram:123,discord:456."
    )
    heartbeat_url: Annotated[SecretStr | None, forms.form(forms.secret_url)] = Field(
        None,
        description="Asked every minute while all is well, by the leader: a dead man's switch "
        "such as https://hc-ping.com/your-id, which tells you when it hears nothing.",
    )
    heartbeat_fail_url: Annotated[SecretStr | None, forms.form(forms.secret_url)] = Field(
        None,
        description="Told at once what is wrong, by POST, such as https://hc-ping.com/your-id/fail.",
    )
    max_rules_per_chat: Annotated[int, forms.form(forms.whole(1, 10_000))] = Field(
        30, description="How many rules one chat may keep."
    )
    log_level: Annotated[Level, forms.form(forms.one_of("DEBUG", "INFO", "WARNING", "ERROR"))] = (
        Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    )
    log_format: Annotated[Format, forms.form(forms.one_of("auto", "console", "json"))] = Field(
        "auto", description="console or json; auto: console on a terminal, json otherwise."
    )
    warnings: tuple[str, ...] = Field((), exclude=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` found: the environment is an argument, never read behind a caller."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Every setting, as it is spelled in the environment."""
        return tuple(name.upper() for name in cls.model_fields if name != "warnings")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must never be shown."""
        tokens = [self.telegram_bot_token, self.telegram_webhook_secret, self.discord_bot_token]
        shown = [token.get_secret_value() for token in tokens if token]
        shown += [
            one.get_secret_value() for one in (self.heartbeat_url, self.heartbeat_fail_url) if one
        ]
        if self.redis_url:
            shown += passwords(self.redis_url.get_secret_value())
        return tuple(shown)

    def poll(self, name: str) -> timedelta:
        """How often the feeds of one poll (`options`, `futures`, `price`) are asked for."""
        span: timedelta = getattr(self, f"poll_{name}")
        return span


def load(
    environ: Mapping[str, str] | None = None, env_file: Path | None = Path(".env")
) -> Settings:
    """The settings of an environment (the process's own by default) and a `.env` file.

    SettingsError lists every problem at once. Harmless oddities are in `Settings.warnings`.
    """
    found = find(Settings.names(), os.environ if environ is None else environ, env_file)
    typed: dict[str, Any] = {name.lower(): text for name, text in found.values.items()}
    problems = list(found.problems)
    settings = None
    try:
        settings = Settings(**typed, warnings=tuple(found.warnings))
        problems += _mismatches(settings)
    except ValidationError as error:
        problems += [_problem(one) for one in error.errors(include_url=False, include_input=False)]
    if settings is None or problems:
        raise SettingsError(tuple(problems), tuple(found.warnings))
    return settings


def _mismatches(settings: Settings) -> list[str]:
    """What is wrong with settings that are each right by themselves."""
    if not settings.telegram_webhook_url:
        return []
    needed = [
        (settings.telegram_webhook_secret, "TELEGRAM_WEBHOOK_SECRET: set it"),
        (settings.http_port, "HTTP_PORT: must not be 0"),
    ]
    return [f"{remedy}, for TELEGRAM_WEBHOOK_URL is set" for value, remedy in needed if not value]


def _problem(error: Any) -> str:
    name = str(error["loc"][0]).upper()
    return f"{name}: {error.get('ctx', {}).get('error') or error['msg']}"
