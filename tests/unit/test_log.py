import io
import json
import logging
import subprocess
import sys
import threading
import warnings

import pytest

from bot import log
from bot.settings import Settings

CANARY = "123456789:CANARY-tOkEn_0123456789-abcdefghij"
PASSWORD = 'ca"nary pass'


class Terminal(io.StringIO):
    def isatty(self):
        return True


def ours():
    return [one for one in logging.getLogger().handlers if isinstance(one, log._Lines)]


@pytest.fixture
def stream():
    """A stream that takes the whole log; the former set-up comes back afterwards."""
    root = logging.getLogger()
    level = root.level
    hooks = sys.excepthook, threading.excepthook
    libraries = {name: logging.getLogger(name).level for name in log.LIBRARIES}

    yield io.StringIO()

    root.setLevel(level)
    for handler in ours():
        root.removeHandler(handler)
    sys.excepthook, threading.excepthook = hooks
    logging.captureWarnings(capture=False)
    for name, former in libraries.items():
        logging.getLogger(name).setLevel(former)


def test_a_line_for_machines_is_one_json_object(stream):
    log.wire("INFO", "auto", (), stream)

    logging.getLogger("alerts.tick").info("tick rules=%d", 12)

    line = json.loads(stream.getvalue())
    assert (line["event"], line["level"], line["logger"]) == (
        "tick rules=12",
        "info",
        "alerts.tick",
    )
    assert line["timestamp"].endswith("Z")


def test_a_line_with_a_traceback_has_what_a_line_without_one_has(stream):
    log.wire("INFO", "json", (), stream)

    logging.getLogger("alerts.tick").error("odd\n%s", "ü")
    logging.getLogger("alerts.tick").error("odd\n%s", "ü", exc_info=ValueError("no"))

    plain, traced = (json.loads(line) for line in stream.getvalue().splitlines())
    assert "ValueError: no" in traced.pop("exception")
    assert list(plain) == list(traced)
    assert {**plain, "timestamp": ""} == {**traced, "timestamp": ""}
    assert all(line["timestamp"].endswith("Z") for line in (plain, traced))


def test_a_line_on_a_terminal_is_for_people(stream):
    terminal = Terminal()
    log.wire("INFO", "auto", (), terminal)

    logging.getLogger("alerts.tick").warning("venue away")

    assert "venue away" in terminal.getvalue()
    assert "\x1b[" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")


def test_the_format_can_be_chosen(stream):
    terminal = Terminal()
    log.wire("INFO", "json", (), terminal)
    logging.getLogger("x").info("to machines")
    log.wire("INFO", "console", (), stream)
    logging.getLogger("x").info("to people")

    assert json.loads(terminal.getvalue())["event"] == "to machines"
    assert "to people" in stream.getvalue()
    assert "\x1b[" not in stream.getvalue()


def test_what_is_below_the_level_is_not_written(stream):
    log.wire("WARNING", "json", (), stream)

    logging.getLogger("x").info("quiet")

    assert not stream.getvalue()


def test_talkative_libraries_are_quiet_until_asked(stream):
    log.wire("INFO", "json", (), stream)
    logging.getLogger("httpx").info("HTTP Request: POST")
    quiet = stream.getvalue()
    log.wire("DEBUG", "json", (), stream)
    logging.getLogger("httpx").info("HTTP Request: POST")

    assert not quiet
    assert "HTTP Request" in stream.getvalue()


@pytest.mark.parametrize("fmt", ["json", "console"])
@pytest.mark.parametrize(
    "name", ["bot.app", "aiohttp.client", "discord.http", "telegram.ext", "redis"]
)
@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO, logging.ERROR, logging.CRITICAL])
def test_no_logger_writes_a_secret_at_any_level(stream, fmt, name, level):
    log.wire("DEBUG", fmt, (CANARY, PASSWORD), stream)

    logging.getLogger(name).log(
        level, "a %s b %r c %s", CANARY, PASSWORD, {"url": f"/bot{CANARY}/x"}
    )

    assert CANARY not in stream.getvalue()
    assert "nary pass" not in stream.getvalue()


@pytest.mark.parametrize("fmt", ["json", "console"])
def test_no_traceback_shows_a_secret(stream, fmt):
    log.wire("DEBUG", fmt, (CANARY, PASSWORD), stream)

    try:
        int(CANARY)
    except ValueError as error:
        error.__cause__ = RuntimeError(PASSWORD)
        logging.getLogger("bot").exception("failed with %s", CANARY)

    assert "Traceback" in stream.getvalue()
    assert "RuntimeError" in stream.getvalue()
    assert CANARY not in stream.getvalue()
    assert "nary pass" not in stream.getvalue()


def test_a_record_that_cannot_be_rendered_is_lost_without_its_arguments(stream):
    log.wire("DEBUG", "json", (), stream)
    logging.getLogger().handlers[:] = ours()  # the test runner's own would raise

    logging.getLogger("bot").info("%d", "not a number at all")

    assert stream.getvalue() == "a log record of bot was lost: TypeError\n"


def test_a_text_cannot_forge_a_line_or_paint_the_terminal(stream):
    log.wire("INFO", "console", (), stream)

    logging.getLogger("bot").info("name=%s", "x\nERROR forged\x1b[31m\x9b31m")

    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()
    assert "\x9b" not in stream.getvalue()


def test_warnings_go_to_the_log_without_secrets(stream):
    log.wire("INFO", "json", (CANARY,), stream)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(f"odd {CANARY}", UserWarning, stacklevel=1)

    assert "odd ***" in stream.getvalue()
    assert CANARY not in stream.getvalue()


def test_setting_up_again_replaces_the_former_stream(stream):
    first = io.StringIO()
    log.wire("INFO", "json", (), first)
    log.wire("INFO", "json", (), stream)

    logging.getLogger("x").info("once")

    assert not first.getvalue()
    assert stream.getvalue().count("\n") == 1


def test_the_settings_say_how_to_log_and_what_was_odd_about_them(stream, capsys):
    settings = Settings(
        log_level="ERROR", log_format="json", redis_url=f"redis://:{CANARY}@h", warnings=("odd %s",)
    )

    log.setup(settings, level=logging.WARNING)
    logging.getLogger("bot").warning("store %s", CANARY)

    lines = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert lines == ["odd %s", "store ***"]


@pytest.mark.parametrize("where", ["boom()", "threading.Thread(target=boom).start()"])
def test_an_uncaught_exception_shows_no_secret(where):
    program = (
        "import threading\nfrom bot.log import wire\n"
        f"wire('INFO', 'json', ({CANARY!r},))\n"
        f"def boom():\n    raise ValueError({CANARY!r} + 'x')\n{where}\n"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=15, check=False
    )

    assert "uncaught exception" in ran.stderr
    assert "ValueError" in ran.stderr
    assert CANARY not in ran.stderr
