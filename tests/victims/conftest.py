"""A real HTTP server on loopback that classifies by brightness, fails as it is told, and counts what it answered."""

from __future__ import annotations

import base64
import io
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Fate = Callable[[int], str]


class Server:
    """Answers requests as `fate` (by their number, from 1) says: answer, drop, vanish, stall, 500, 429, or a status.

    `vanish` computes the answer and drops the connection instead of sending it. `images` counts images by fate;
    `seen` keeps bodies and headers.
    """

    def __init__(self) -> None:
        self.fate: Fate = lambda number: "answer"
        self.form: Callable[[list[list[float]]], Any] = lambda rows: {"predictions": [{"scores": r} for r in rows]}
        self.images: Counter[str] = Counter()
        self.times: list[float] = []
        self.seen: list[tuple[Any, dict[str, str]]] = []
        self.stall, self.retry_after = 0.4, "0.01"
        self._lock, self._over = threading.Lock(), threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                server._serve(self)

            def log_message(self, *args: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # it is this server's trade to break connections

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/predict"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        images = body["instances"] if "instances" in body else [body["image"]]
        with self._lock:
            self.seen.append((body, dict(handler.headers)))
            self.times.append(time.monotonic())
            fate = self.fate(len(self.seen))
            self.images[fate] += len(images)
        if fate == "stall":
            self._over.wait(self.stall)
        if fate in ("drop", "vanish", "stall"):
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        status = 200 if fate == "answer" else int(fate)
        answer = self.form([scores(image) for image in images]) if status == 200 else {"error": f"no: {fate}"}
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content)))
        if status == 429:
            handler.send_header("Retry-After", self.retry_after)
        handler.end_headers()
        handler.wfile.write(content)


def scores(image: Any) -> list[float]:
    """Three scores by brightness; an image is nested lists in [0, 1], or a PNG in base64."""
    if isinstance(image, str):
        pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(image)))) / 255
    else:
        pixels = np.asarray(image, dtype=np.float64)
    mean = float(pixels.mean())
    return [0.3 - mean, -abs(mean - 0.5) + 0.2, mean - 0.6]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    made = Server()
    yield made
    made.close()


@pytest.fixture
def describe(server: Server, tmp_path: Path) -> Callable[..., Path]:
    """Write the description of the server's endpoint, with other fields as they are given."""

    def write(**fields: Any) -> Path:
        path = tmp_path / "endpoint.json"
        whole = {
            "url": server.url,
            "request": {"instances": "$images"},
            "response": "predictions[*].scores",
            "batch": 4,
            "backoff_s": 0.002,
            "timeout_s": 5,
            **fields,
        }
        path.write_text(json.dumps({key: value for key, value in whole.items() if value is not None}))
        return path

    return write
