"""A hub on this machine: a server that has one base, by the routes that the hub's client asks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

COMMIT = "a" * 40


@contextmanager
def hub(folder: Path, name: str, *, gated: bool = False) -> Iterator[tuple[str, list[str]]]:
    """Its address, and the paths that it was asked for. `gated`: the files are only for who agreed to terms."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer()

        def do_GET(self) -> None:
            self.answer()

        def log_message(self, *words: object) -> None:
            pass

        def answer(self) -> None:
            path = self.path.split("?")[0].strip("/")
            asked.append(path)
            if not path:
                self.send(200, {}, b"a hub")
            elif path.startswith("api/models/"):
                self.api(path.removeprefix("api/models/"))
            elif gated:
                self.send(403, {"X-Error-Code": "GatedRepo"}, b"")
            else:
                self.file(folder / path.rpartition("/")[2])

        def api(self, path: str) -> None:
            files = sorted(file for file in folder.iterdir() if file.is_file())
            if not path.startswith(name):
                self.send(401, {"X-Error-Code": "RepoNotFound"}, b"")
            elif "/tree/" in path:
                of_tree = [{"type": "file", "path": f.name, "size": f.stat().st_size, "oid": "0"} for f in files]
                self.send(200, {}, json.dumps(of_tree).encode())
            else:
                siblings = [{"rfilename": file.name, "size": file.stat().st_size} for file in files]
                info = {"id": name, "sha": COMMIT, "private": False, "tags": ["license:mit"], "siblings": siblings}
                self.send(200, {}, json.dumps(info).encode())

        def file(self, path: Path) -> None:
            if not path.is_file():
                self.send(404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT}, b"")
                return
            data = path.read_bytes()
            self.send(200, {"ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": COMMIT}, data)

        def send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for header, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(header, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
