"""What an answer is sent with: as few writes as there can be, in order, and nothing lost when the connection ends."""

from __future__ import annotations

import asyncio

from lamina.serving.run import Joined


class Wire(asyncio.Transport):
    """Keeps what is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.sent.append(b"closed")


def test_what_is_written_in_one_turn_is_sent_at_once() -> None:
    async def go() -> list[bytes]:
        wire = Wire()
        joined = Joined(wire, asyncio.get_running_loop())
        joined.write(b"head ")
        joined.write(b"content")
        await asyncio.sleep(0)
        joined.write(b"more")
        await asyncio.sleep(0)
        joined.write(b"last ")
        joined.write(b"words")
        joined.close()
        await asyncio.sleep(0)
        return wire.sent

    assert asyncio.run(go()) == [b"head content", b"more", b"last words", b"closed"]
