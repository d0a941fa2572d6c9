"""A web server on this machine for the tests: files by path, and what it takes to be a Hugging Face hub."""

from __future__ import annotations

import hashlib
import json
import re
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
        denied: path → why the hub says that this user may not have it.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.failures: Counter[str] = Counter()
        self.headers: dict[str, dict[str, str]] = {}
        self.requests: Counter[str] = Counter()
        self.denied: dict[str, str] = {}
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

    def missing(self, path: str) -> dict[str, str]:
        """What a hub says with a 404 where the repository is there, and the file or folder is not."""
        inside = "/tree/" in path or "/resolve/" in path
        return {"X-Error-Code": "EntryNotFound"} if inside else {}

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and content for a request."""
        self.requests[path] += 1
        if self.failures[path] > 0:
            self.failures[path] -= 1
            return 503, {}, b""
        if path in self.denied:
            return 401, {"X-Error-Code": self.denied[path]}, b""
        if path not in self.files:
            return 404, self.missing(path), b""
        return 200, self.headers.get(path, {}), self.files[path]


@contextmanager
def serving() -> Iterator[Server]:
    """A running server; `url` says where."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, content = server.answer(unquote(self.path.partition("?")[0]))
            if status == 200 and (asked := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))):
                start, end = int(asked[1]), int(asked[2] or len(content) - 1)
                headers = {**headers, "Content-Range": f"bytes {start}-{end}/{len(content)}"}
                status, content = 206, content[start : end + 1]
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
