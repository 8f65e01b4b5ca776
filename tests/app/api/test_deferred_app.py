"""An application that is not there yet: who waits for it, and who does not."""

import asyncio
import sys
import threading

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from slipway_ml.api.deferred_app import DeferredApp
from tests.service import client_of

pytestmark = pytest.mark.anyio


async def test_callers_that_come_together_get_one_application_made_off_the_event_loop() -> None:
    made_in = []

    def make() -> ASGIApp:
        made_in.append(threading.current_thread())
        return PlainTextResponse("here")

    async with client_of(DeferredApp(make)) as client:
        responses = await asyncio.gather(client.get("/"), client.get("/"))

    assert [response.text for response in responses] == ["here", "here"]
    assert len(made_in) == 1
    assert made_in[0] is not threading.current_thread()


async def test_caller_that_hangs_up_leaves_the_application_to_the_others() -> None:
    may_go_on = threading.Event()

    def make() -> ASGIApp:
        may_go_on.wait(10)
        return PlainTextResponse("here")

    async with client_of(DeferredApp(make)) as client:
        first, second = (asyncio.ensure_future(client.get("/")) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        may_go_on.set()
        response = await second

    assert response.text == "here"
    assert first.cancelled()


async def test_application_that_cannot_be_made_is_told_to_the_log_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outcomes = iter([OSError("no file left to open"), None])

    def make() -> ASGIApp:
        if error := next(outcomes):
            raise error
        return PlainTextResponse("here")

    async with client_of(DeferredApp(make)) as client:
        failed, answered = await client.get("/"), await client.get("/")

    assert (failed.status_code, answered.text) == (500, "here")
    assert "the other routes failed to load" in caplog.text
    assert "no file left to open" in caplog.text


async def test_requests_get_the_interpreter_more_often_only_while_it_is_made() -> None:
    usual = sys.getswitchinterval()
    seen = []

    def make() -> ASGIApp:
        seen.append(sys.getswitchinterval())
        return PlainTextResponse("here")

    async with client_of(DeferredApp(make)) as client:
        await client.get("/")

    assert seen[0] < usual
    assert sys.getswitchinterval() == usual
