import asyncio

from bot.platforms.telegram.request import AiohttpRequest
from tests.fakes.telegram.faults import Fault
from tests.fakes.telegram.server import FakeTelegram


async def test_a_message_on_its_way_is_answered_before_the_connections_close():
    async with FakeTelegram() as fake:
        fake.faults.append(Fault(method="getMe", status=200, delay=0.2))
        request = AiohttpRequest()
        url = f"{fake.url}/bot{fake.token}/getMe"
        asked = asyncio.create_task(request.do_request(url, "POST"))
        await fake.until_called("getMe")

        await request.shutdown()

        status, _body = await asked
        assert status == 200
