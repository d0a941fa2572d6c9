"""A web server on this machine for the tests: files by path, and what it takes to be a Hugging Face hub."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote


class Server:
    """Serves `files` (path → content); everything else is not found.

    Args:
        files: may change while the server runs.
        failures: path → how many requests for it are still to fail.
        headers: path → what goes with it.
        requests: path → how often it was asked for.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.failures: Counter[str] = Counter()
        self.headers: dict[str, dict[str, str]] = {}
        self.requests: Counter[str] = Counter()
        self.url = ""

    def publish(self, repo: str, commit: str, files: dict[str, bytes]) -> None:
        """Make `main` of a dataset on the hub stand at a commit with these files."""
        self.files[f"/api/datasets/{repo}/revision/main"] = json.dumps({"id": repo, "sha": commit}).encode()
        tree = []
        for path, content in files.items():
            etag = hashlib.sha1(content).hexdigest()
            tree.append({"type": "file", "path": path, "size": len(content), "oid": etag})
            resolved = f"/datasets/{repo}/resolve/{commit}/{path}"
            self.files[resolved] = content
            self.headers[resolved] = {"X-Repo-Commit": commit, "ETag": f'"{etag}"'}
        self.files[f"/api/datasets/{repo}/tree/{commit}"] = json.dumps(tree).encode()

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and content for a request."""
        self.requests[path] += 1
        if self.failures[path] > 0:
            self.failures[path] -= 1
            return 503, {}, b""
        if path not in self.files:
            return 404, {}, b""
        return 200, self.headers.get(path, {}), self.files[path]


@contextmanager
def serving() -> Iterator[Server]:
    """A running server; `url` says where."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, content = server.answer(unquote(self.path.partition("?")[0]))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server.url = f"http://127.0.0.1:{http.server_port}"
        Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        http.shutdown()
