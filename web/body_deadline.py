"""A deadline for the bodies of requests: the server waits for ever for a body that was announced and never comes."""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyDeadline:
    """Middleware that answers 408 when ``seconds`` pass without a byte of the body; it never limits a whole body."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self.app, self.seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        more = True

        async def received() -> Message:
            nonlocal more
            if not more:  # what comes now is the end of the connection, which may be hours away
                return await receive()
            try:
                async with asyncio.timeout(self.seconds):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, headers={"connection": "close"}) from None
            more = message.get("more_body", False)
            return message

        await self.app(scope, received, send)
