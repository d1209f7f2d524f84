"""Nobody is believed without a certificate: every way out meets a server that made up its own."""

import re
import shutil
import ssl
import subprocess
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from telegram.error import NetworkError

from alerts.domain.errors import StoreAwayError
from alerts.domain.ids import Chat, Platform
from alerts.exchanges.http import open_session
from alerts.storage.redis import RedisStore
from bot.card import Card
from bot.outcome import Later
from bot.platforms.discord import Discord
from bot.platforms.telegram.request import AiohttpRequest

ROOT = Path(__file__).resolve().parents[2]
OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="openssl makes the false certificate")


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    extra = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(
        [OPENSSL, *words.split(), "-keyout", key, "-out", certificate, *extra],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@pytest.fixture
async def impostor(self_signed):
    """The address of a server that anybody could have set up; it answers whatever is asked."""
    asked = []

    async def answer(request):
        asked.append(request.path)
        return web.json_response({"ok": True, "result": {}})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self_signed)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    yield f"127.0.0.1:{port}"
    await runner.cleanup()
    assert asked == []


@needs_openssl
async def test_a_venue_is_asked_only_with_a_certificate(impostor):
    async with open_session() as session:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.get(f"https://{impostor}/api")
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.ws_connect(f"wss://{impostor}/ws")


@needs_openssl
async def test_telegram_is_told_the_token_only_with_a_certificate(impostor):
    request = AiohttpRequest()
    with pytest.raises(NetworkError, match="not sent"):
        await request.do_request(f"https://{impostor}/bot110201543:x/getMe", "POST")
    await request.shutdown()


@needs_openssl
async def test_discord_is_told_the_token_only_with_a_certificate(impostor):
    discord = Discord("a.b.c", api_url=f"https://{impostor}/api/v10")

    outcome = await discord.send(Chat(Platform("discord"), "1"), Card("x"), "key")
    await discord.close()

    assert isinstance(outcome, Later)
    assert not outcome.unknown


@needs_openssl
async def test_the_store_is_told_the_password_only_with_a_certificate(impostor):
    with pytest.raises(StoreAwayError, match=r"(?i)certificate"):
        await RedisStore.open(f"rediss://:password@{impostor}/0")


def test_no_line_of_the_product_switches_a_check_off():
    switched_off = re.compile(
        r"ssl\s*=\s*False|verify\s*=\s*False|verify_ssl|CERT_NONE|_create_unverified_context"
        r"|check_hostname\s*=\s*False"
    )
    sources = [*(ROOT / "alerts").rglob("*.py"), *(ROOT / "bot").rglob("*.py")]

    found = [path.name for path in sources if switched_off.search(path.read_text("utf-8"))]

    assert sources
    assert found == []
