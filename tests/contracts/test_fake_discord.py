"""The fake Discord, and what the bot sends to it, against Discord's own published schemas."""

import gzip
import json
import re

import pytest
from jsonschema import Draft202012Validator

from alerts.domain.ids import Chat, Platform
from bot.card import Button, Card, Field, Tone
from bot.platforms.discord import Discord
from tests.fakes.discord import faults
from tests.fakes.discord.desk import FakeDesk, running
from tests.fakes.discord.server import FakeDiscord
from tests.recorded.shared_data import ROOT, skip

SPEC = ROOT / "specs" / "discord_openapi_20260718.json.gz"

pytestmark = skip("specs")

CARD = Card(
    "BTC skew 20.0% – above your 15%",
    Tone.ALARM,
    lines=("Usual −6 to +6.",),
    fields=(Field("How rare", "highest of 341 days"),),
    pre="skew 20.0",
    footer="deribit",
    buttons=((Button("Pause", "pause:7:1"), Button("Delete", "delete:7:1")),),
)


@pytest.fixture(scope="module")
def spec():
    return json.loads(gzip.decompress(SPEC.read_bytes()))


@pytest.fixture
async def requests():
    """One of everything the bot does, as requests with their answers."""
    async with FakeDiscord() as fake:
        boss, alice = fake.person("boss"), fake.person("alice")
        guild = fake.guild(owner=boss)
        platform = Discord(fake.token, api_url=fake.api_url, gateway_url=fake.gateway_url)
        async with running(platform, FakeDesk()):
            asked = await fake.slash(alice, "alert", {"rule": "skew above 15%"}, guild=guild)
            await fake.autocomplete(alice, "alert", "rule", "skew ab")
            await fake.press(asked, "Cancel")
            await fake.press(asked, "Save")
            await platform.send(Chat(Platform("discord"), alice.chat_id), CARD, "e1")
            await platform.send(Chat(Platform("discord"), guild.channel_id), CARD, "e1")
            await platform.send(Chat(Platform("discord"), "42"), CARD, "e1")
            fake.faults.add("POST .*/messages", faults.too_many(0.01))
            await platform.send(Chat(Platform("discord"), alice.chat_id), CARD, "e2")
        yield fake.requests


async def test_what_the_bot_sends_is_what_discord_describes(spec, requests):
    wrong = [fault for one in requests for fault in sent_faults(spec, one)]

    assert wrong == []


async def test_what_the_fake_answers_is_what_discord_describes(spec, requests):
    wrong = [fault for one in requests for fault in answer_faults(spec, one)]

    assert wrong == []


async def test_every_kind_of_request_was_looked_at(spec, requests):
    seen = {(one.method, template(spec, one.path)) for one in requests}

    assert seen >= {
        ("GET", "/users/@me"),
        ("GET", "/oauth2/applications/@me"),
        ("PUT", "/applications/{application_id}/commands"),
        ("POST", "/users/@me/channels"),
        ("POST", "/channels/{channel_id}/messages"),
        ("POST", "/interactions/{interaction_id}/{interaction_token}/callback"),
        ("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/@original"),
        ("POST", "/webhooks/{webhook_id}/{webhook_token}"),
    }


def sent_faults(spec, request):
    operation = operation_of(spec, request)
    if request.body is None:
        return []
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    return faults_of(spec, schema, request.body, f"sent {request.method} {request.path}")


def answer_faults(spec, request):
    answers = operation_of(spec, request)["responses"]
    described = answers.get(str(request.status)) or answers["4XX"]
    if "$ref" in described:
        described = spec["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
    if request.answer is None:
        return []
    schema = described["content"]["application/json"]["schema"]
    return faults_of(spec, schema, request.answer, f"answered {request.method} {request.path}")


def faults_of(spec, schema, value, where):
    validator = Draft202012Validator({**schema, "components": spec["components"]})
    return [
        f"{where}: {'.'.join(map(str, error.absolute_path))} {error.message[:300]}"
        for error in validator.iter_errors(value)
    ]


def operation_of(spec, request):
    return spec["paths"][template(spec, request.path)][request.method.lower()]


def template(spec, path):
    """The path of the description that a request's path fills in; fixed steps win."""
    found = [one for one in spec["paths"] if re.fullmatch(re.sub(r"{\w+}", "[^/]+", one), path)]
    return min(found, key=lambda one: one.count("{"))
