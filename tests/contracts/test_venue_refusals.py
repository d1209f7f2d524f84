"""Why a venue gives nothing: each says it in its own way, and the bot tells the ways apart.

The bodies are those of the venues' own lists of error codes, named in each `*_errors` module.
"""

import pytest

from alerts.exchanges import EXCHANGES

PASSING = (True, None)
MAINTENANCE = (True, 30.0)
BANNED = (False, 600.0)
BLOCKED = (False, 6 * 3600.0)
MISTAKEN = (False, None)

BINANCE = [
    (429, b'{"code":-1003,"msg":"Too many requests."}', PASSING),
    (418, b'{"code":-1003,"msg":"Way too many requests; IP banned until 1."}', BANNED),
    (451, b'{"code":0,"msg":"Service unavailable from a restricted location"}', BLOCKED),
    (503, b'{"code":-1016,"msg":"This service is no longer available."}', MAINTENANCE),
    (200, b'{"code":-1121,"msg":"Invalid symbol."}', MISTAKEN),
    (200, b'{"code":-1003,"msg":"Too many requests."}', PASSING),
]
SAID = {
    "deribit": [
        (429, b'{"error":{"code":10028,"message":"too_many_requests"}}', PASSING),
        (403, b"", BANNED),
        (451, b"", BLOCKED),
        (400, b'{"error":{"code":11051,"message":"system_maintenance"}}', MAINTENANCE),
        (200, b'{"error":{"code":11051,"message":"system_maintenance"}}', MAINTENANCE),
        (200, b'{"error":{"code":-32602,"message":"Invalid params"}}', MISTAKEN),
    ],
    "binance_usdm": BINANCE,
    "binance_coinm": BINANCE,
    "okx": [
        (200, b'{"code":"50011","msg":"Rate limit reached.","data":[]}', PASSING),
        (429, b'{"code":"50011","msg":"Rate limit reached.","data":[]}', PASSING),
        (403, b"<html>", BANNED),
        (200, b'{"code":"50051","msg":"Not allowed in your country.","data":[]}', BLOCKED),
        (503, b'{"code":"50001","msg":"Service temporarily unavailable.","data":[]}', MAINTENANCE),
        (200, b'{"code":"51001","msg":"Instrument ID does not exist.","data":[]}', MISTAKEN),
    ],
    "bybit": [
        (200, b'{"retCode":10006,"retMsg":"Too many visits.","result":{}}', PASSING),
        (403, b"403, access too frequent, please try again later", BANNED),
        (403, b"<html>The Amazon CloudFront distribution is configured to block</html>", BLOCKED),
        (503, b"", PASSING),
        (200, b'{"retCode":10001,"retMsg":"params error","result":{}}', MISTAKEN),
    ],
    "hyperliquid": [
        (429, b"", PASSING),
        (418, b"", BANNED),
        (403, b"", BLOCKED),
        (503, b"", PASSING),
        (422, b"Failed to deserialize the JSON body", MISTAKEN),
        (200, b"null", MISTAKEN),
    ],
    "gate": [
        (429, b'{"label":"TOO_MANY_REQUESTS","message":""}', PASSING),
        (403, b"", BANNED),
        (451, b"", BLOCKED),
        (503, b'{"label":"MAINTENANCE","message":""}', MAINTENANCE),
        (200, b'{"label":"CONTRACT_NOT_FOUND","message":""}', MISTAKEN),
    ],
}


def test_every_venue_is_in_the_table():
    assert set(SAID) == {one.venue for one in EXCHANGES}


@pytest.mark.parametrize(
    ("exchange", "status", "content", "kind"),
    [(one, *said) for one in EXCHANGES for said in SAID[one.venue]],
    ids=lambda one: getattr(one, "venue", None),
)
def test_a_refusal_is_what_the_venue_means_by_it(exchange, status, content, kind):
    error = exchange.classify(status, content)

    assert error is not None
    assert (error.retry, error.after_seconds) == kind
    assert ("VENUES" in error.why) is (kind == BLOCKED)
