"""A substitute of an HTTP endpoint that only says its label: what the server counted is what the books say."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

import sparring
from sparring.data import Dataset
from sparring.surrogates import Recipe


class Server:
    """Says which third of an image is the brightest, and counts the images it is sent."""

    def __init__(self) -> None:
        self.images = 0
        counter = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                pixels = np.asarray(body["instances"])
                counter.images += len(pixels)
                labels = pixels.reshape(len(pixels), 3, -1).mean(2).argmax(1)
                answer = json.dumps({"labels": labels.tolist()}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    made = Server()
    yield made
    made.close()


def test_an_endpoint_is_copied_within_its_queries(server: Server, tmp_path: Path) -> None:
    about = {
        "url": f"http://127.0.0.1:{server.server.server_address[1]}/",
        "request": {"instances": "$images"},
        "response": "labels",
        "returns": "labels",
        "classes": 3,
        "batch": 64,
    }
    (tmp_path / "endpoint.json").write_text(json.dumps(about))
    y = torch.arange(150) % 3
    x = 0.4 + 0.1 * torch.rand(150, 1, 6, 6)
    for third in range(3):
        x[y == third, :, 2 * third : 2 * third + 2] += 0.25
    data = Dataset(x, y, ("0", "1", "2"), "thirds")
    plan = Recipe(nets=("mlp(hidden=(24,))",), queries=120, steps=30, epochs=20, lr=1e-2)
    run = {"recipe": plan, "seeds": 30, "n": 40, "out": tmp_path / "run"}
    found = sparring.substitute(tmp_path / "endpoint.json", data, "linf(0.3)", "mi_fgsm(steps=5)", **run)  # type: ignore[arg-type]
    assert found.result["clean"]["share"] == 1
    assert found.result["misclassified"]["share"] > 0.8
    assert server.images == found.result["asked"] + found.result["shown"]["sent"]
    assert found.result["asked"] == 120
    before = server.images
    again = sparring.substitute(tmp_path / "endpoint.json", data, "linf(0.3)", "mi_fgsm(steps=5)", **run)  # type: ignore[arg-type]
    assert server.images == before
    assert torch.equal(again.images, found.images)
