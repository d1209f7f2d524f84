import stat
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.domain.ids import Chat
from alerts.exchanges import EXCHANGES
from bot.settings import Settings, SettingsError, load

CANARY = "123456789:CANARY-tOkEn_0123456789"


def problems(env, env_file=None):
    with pytest.raises(SettingsError) as caught:
        load(env, env_file)
    return caught.value.problems


def written(folder, text, name=".env"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_nothing_set_gives_the_documented_defaults():
    settings = load({}, None)

    assert settings.telegram_bot_token is None
    assert settings.telegram_api_url == "https://api.telegram.org"
    assert settings.telegram_messages_per_second == 30
    assert settings.discord_api_url == "https://discord.com/api/v10"
    assert settings.redis_url is None
    assert settings.data_dir == Path.home() / ".local/share/derivwatch"
    assert settings.assets == ("BTC", "ETH")
    assert settings.venues == ()
    assert settings.poll("options") == timedelta(seconds=60)
    assert settings.poll("futures") == timedelta(seconds=15)
    assert settings.poll("price") == timedelta(seconds=5)
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", 8080)
    assert settings.max_rules_per_chat == 30
    assert (settings.log_level, settings.log_format) == ("INFO", "auto")


def test_every_poll_and_every_venue_of_the_registry_can_be_set():
    names = Settings.names()

    for exchange in EXCHANGES:
        assert f"{exchange.venue}_URL".upper() in names
        assert {f"POLL_{feed.poll}".upper() for feed in exchange.feeds} <= set(names)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("POLL_PRICE", "1s", timedelta(seconds=1)),
        ("POLL_PRICE", "2.5s", timedelta(seconds=2.5)),
        ("POLL_OPTIONS", "5m", timedelta(minutes=5)),
        ("POLL_FUTURES", "1h", timedelta(hours=1)),
        ("ASSETS", "btc, eth,BTC", ("BTC", "ETH")),
        ("VENUES", "Deribit", ("deribit",)),
        ("VENUES", "all", ()),
        ("DISCORD_GUILD_IDS", "1, 22", (1, 22)),
        ("DISCORD_SHARD", "01/2", "1/2"),
        (
            "ADMIN_CHATS",
            "telegram:-100,discord:456",
            (Chat("telegram", "-100"), Chat("discord", "456")),
        ),
        ("HTTP_PORT", "0", 0),
        ("HTTP_HOST", "::", "::"),
        ("LOG_LEVEL", "debug", "DEBUG"),
        ("LOG_FORMAT", "JSON", "json"),
        ("DATA_DIR", "/srv/watch", Path("/srv/watch")),
        ("DERIBIT_URL", "http://127.0.0.1:8001/api/v2/", "http://127.0.0.1:8001/api/v2"),
        ("DISCORD_GATEWAY_URL", "ws://127.0.0.1:9", "ws://127.0.0.1:9"),
    ],
)
def test_a_text_becomes_its_value(name, text, value):
    settings = load({name: text}, None)

    assert getattr(settings, name.lower()) == value


@pytest.mark.parametrize("url", ["redis://h:6379/0", "rediss://u:p@h", "unix:///run/store.sock"])
def test_the_three_kinds_of_store_address_are_taken_as_written(url):
    assert load({"REDIS_URL": url}, None).redis_url.get_secret_value() == url


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("TELEGRAM_BOT_TOKEN", "no-colon"),
        ("TELEGRAM_API_URL", "api.telegram.org"),
        ("TELEGRAM_API_URL", "https://"),
        ("TELEGRAM_MESSAGES_PER_SECOND", "0"),
        ("DISCORD_BOT_TOKEN", "Bot abc"),
        ("DISCORD_API_URL", "https://h/?q=1"),
        ("DISCORD_GATEWAY_URL", "https://gateway.discord.gg"),
        ("DISCORD_GUILD_IDS", "one"),
        ("DISCORD_SHARD", "2/2"),
        ("DISCORD_SHARD", "-1/2"),
        ("DISCORD_SHARD", "2"),
        ("DISCORD_SHARD", "0/0"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://h:99999"),
        ("REDIS_URL", "redis://h/zero"),
        ("REDIS_URL", "unix://"),
        ("REDIS_URL", "rediss://h/0?ssl_cert_reqs=none"),
        ("REDIS_URL", "rediss://h?db=0&ssl_check_hostname=False"),
        ("ASSETS", "BTC;ETH"),
        ("ASSETS", ","),
        ("VENUES", "mtgox"),
        ("DERIBIT_URL", "https://h:0"),
        ("POLL_OPTIONS", "60"),
        ("POLL_OPTIONS", "0.5s"),
        ("POLL_OPTIONS", "25h"),
        ("POLL_FUTURES", "-5s"),
        ("POLL_PRICE", "NaN"),
        ("POLL_PRICE", "５s"),
        ("HTTP_HOST", "http://0.0.0.0"),
        ("HTTP_PORT", "65536"),
        ("HTTP_PORT", "8_080"),
        ("ADMIN_CHATS", "123"),
        ("ADMIN_CHATS", "telegram:abc"),
        ("ADMIN_CHATS", "foo:1"),
        ("DISCORD_GUILD_IDS", "1,,2"),
        ("VENUES", "deribit,"),
        ("MAX_RULES_PER_CHAT", "1e999"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_text_that_cannot_be_used_is_named_with_its_remedy(name, text):
    [problem] = problems({name: text})

    assert problem.startswith(f"{name}: ")
    assert "\n" not in problem


def test_every_problem_is_listed_at_once(tmp_path):
    env_file = written(tmp_path, "ASSETS=???\nnot a line\n")

    found = problems({"POLL_PRICE": "0s", "REDIS_URL_FILE": "/nowhere", "HTTP_PORT": "x"}, env_file)

    assert [line.split(":")[0] for line in found] == [
        f"{env_file}, line 2",
        "REDIS_URL_FILE",
        "ASSETS",
        "POLL_PRICE",
        "HTTP_PORT",
    ]


def test_every_bad_item_of_a_list_is_named_at_once():
    found = problems({"ADMIN_CHATS": "telegram:abc,foo:1,discord:5", "ASSETS": "BTC,,DO-GE"})

    assert found == (
        "ASSETS: 'DO-GE', an empty item: write a list such as BTC,ETH",
        "ADMIN_CHATS: 'telegram:abc', 'foo:1': write chats such as telegram:123,discord:456",
    )


def test_a_misspelt_name_is_told_together_with_the_problems(tmp_path):
    env_file = written(tmp_path, "TELEGRAM_BOT_TOKN=x\nHTTP_PORT=x\n")

    with pytest.raises(SettingsError, match="did you mean TELEGRAM_BOT_TOKEN"):
        load({}, env_file)


def test_an_empty_text_is_unset():
    settings = load({"TELEGRAM_BOT_TOKEN": "", "ASSETS": "  ", "HTTP_PORT": ""}, None)

    assert settings == load({}, None)


def test_the_environment_goes_before_the_file(tmp_path):
    env_file = written(tmp_path, "HTTP_PORT=1\nHTTP_HOST=0.0.0.0\n")

    settings = load({"HTTP_PORT": "2"}, env_file)

    assert (settings.http_port, settings.http_host) == (2, "0.0.0.0")


def test_a_missing_env_file_is_an_empty_one(tmp_path):
    assert load({}, tmp_path / ".env") == load({}, None)


def test_an_env_file_is_taken_literally(tmp_path):
    env_file = written(tmp_path, "\ufeffexport REDIS_URL='redis://:pa${ss}@h' # the store\n")

    assert load({}, env_file).redis_url.get_secret_value() == "redis://:pa${ss}@h"


def test_an_env_file_that_is_not_text_is_a_problem(tmp_path):
    env_file = tmp_path / ".env"
    env_file.write_bytes(b"HTTP_PORT=\xff\n")

    assert "UTF-8" in problems({}, env_file)[0]


def test_a_misspelt_name_in_the_env_file_is_a_warning_that_names_the_right_one(tmp_path):
    env_file = written(tmp_path, f"TELEGRAM_TOKEN={CANARY}\nVALKEY_PASSWORD=x\n")

    [warning] = load({}, env_file).warnings

    assert "did you mean TELEGRAM_BOT_TOKEN?" in warning
    assert CANARY not in warning


def test_each_setting_can_be_read_from_a_file(tmp_path):
    token = written(tmp_path, f"{CANARY}\n", "token")
    port = written(tmp_path, "9000", "port")

    settings = load({"TELEGRAM_BOT_TOKEN_FILE": str(token), "HTTP_PORT_FILE": str(port)}, None)

    assert settings.telegram_bot_token.get_secret_value() == CANARY
    assert settings.http_port == 9000


def test_a_setting_and_its_file_together_are_a_problem(tmp_path):
    token = written(tmp_path, CANARY, "token")
    env = {"TELEGRAM_BOT_TOKEN": CANARY, "TELEGRAM_BOT_TOKEN_FILE": str(token)}

    assert problems(env) == ("TELEGRAM_BOT_TOKEN: set it or TELEGRAM_BOT_TOKEN_FILE, not both",)


def test_a_secret_file_that_is_missing_or_empty_is_a_problem(tmp_path):
    empty = written(tmp_path, "\n", "empty")
    env = {
        "TELEGRAM_BOT_TOKEN_FILE": str(tmp_path / "missing"),
        "DISCORD_BOT_TOKEN_FILE": str(empty),
    }

    missing, blank = problems(env)

    assert "No such file" in missing
    assert "is empty" in blank


def test_secrets_are_in_no_repr_and_no_dump():
    settings = load({"TELEGRAM_BOT_TOKEN": CANARY, "REDIS_URL": f"redis://:{CANARY}@h"}, None)

    assert CANARY not in repr(settings) + str(settings) + str(settings.model_dump())
    assert CANARY in settings.secrets


def test_secrets_are_in_no_problem():
    env = {
        "TELEGRAM_BOT_TOKEN": f"{CANARY} ",
        "DISCORD_BOT_TOKEN": f"Bot {CANARY}",
        "REDIS_URL": f"http://:{CANARY}@h",
        "TELEGRAM_API_URL": f"https://user:{CANARY}@host/?x",
        "HTTP_PORT": "0x1",
    }

    with pytest.raises(SettingsError) as caught:
        load(env, None)

    assert len(caught.value.problems) == 4
    assert CANARY not in str(caught.value) + repr(caught.value)
    assert caught.value.__cause__ is None


def test_the_password_of_the_store_is_known_in_both_spellings():
    settings = load({"REDIS_URL": "redis://bot:p%40ss@h"}, None)

    assert settings.secrets == ("p%40ss", "p@ss")


def test_settings_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        load({}, None).http_port = 1


def test_the_environment_of_the_process_is_not_read_behind_the_caller(monkeypatch):
    monkeypatch.setenv("HTTP_PORT", "1")

    assert load({}, None).http_port == 8080
    assert Settings().http_port == 8080
    assert load(None, None).http_port == 1


def test_an_unreadable_env_file_is_a_problem(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir(mode=stat.S_IRWXU)

    assert problems({}, folder)[0].startswith(f"{folder}: cannot be read")


@pytest.mark.timeout(5)
def test_a_device_is_no_file_for_a_secret():
    with pytest.raises(SettingsError) as refused:
        load({"TELEGRAM_BOT_TOKEN_FILE": "/dev/zero"}, None)

    assert "TELEGRAM_BOT_TOKEN_FILE: cannot read /dev/zero" in str(refused.value)


def test_a_webhook_needs_its_secret_and_a_port():
    url = {"TELEGRAM_WEBHOOK_URL": "https://bot.example.org/"}
    secret = {"TELEGRAM_WEBHOOK_SECRET": "0123456789abcdef"}

    assert load(url | secret, None).telegram_webhook_url == "https://bot.example.org"
    assert "TELEGRAM_WEBHOOK_SECRET: set it" in problems(url)[0]
    assert "HTTP_PORT: must not be 0" in problems(url | secret | {"HTTP_PORT": "0"})[0]
    assert "16 to 256" in problems(url | {"TELEGRAM_WEBHOOK_SECRET": "short"})[0]


def test_the_webhook_secret_is_a_secret():
    settings = load({"TELEGRAM_WEBHOOK_SECRET": "CANARY-0123456789"}, None)

    assert "CANARY-0123456789" in settings.secrets
    assert "CANARY" not in repr(settings)
