"""The server of an exported folder, by itself."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from typing import Any

import pytest

from lamina.serving.standalone_http import AT_ONCE, listening


def test_more_requests_than_there_is_room_for_are_told_to_come_again() -> None:
    """And those that are in are answered."""
    go, inside = threading.Event(), threading.Semaphore(0)

    def answer(wanted: Any) -> dict[str, Any]:
        inside.release()
        assert go.wait(30)
        return {"heard": wanted}

    def ask(url: str, wanted: int) -> Any:
        with urllib.request.urlopen(urllib.request.Request(url, json.dumps(wanted).encode()), timeout=60) as told:
            return json.load(told)

    with listening("127.0.0.1", 0, "/predict", lambda body: body, answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url, heard = f"http://127.0.0.1:{server.server_port}/predict", []
        callers = [threading.Thread(target=lambda k=k: heard.append(ask(url, k)["heard"])) for k in range(AT_ONCE)]
        for caller in callers:
            caller.start()
        for _ in callers:
            assert inside.acquire(timeout=30)
        with pytest.raises(urllib.error.HTTPError) as refused:
            ask(url, AT_ONCE)
        assert refused.value.code == 503
        assert refused.value.headers["retry-after"] == "1"
        assert str(AT_ONCE) in json.load(refused.value)["error"]
        refused.value.close()
        go.set()
        for caller in callers:
            caller.join(30)
        assert sorted(heard) == list(range(AT_ONCE))
        assert ask(url, 99) == {"heard": 99}
        server.shutdown()
