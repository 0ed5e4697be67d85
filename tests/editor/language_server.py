"""The real yaml-language-server, spoken to over its standard input and output as an editor does.

It is installed by npm into the user's cache, outside of the tree; without npm the tests are skipped.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest
from platformdirs import user_cache_path

VERSION = "1.15.0"  # runs on Node 16 to 20
_INSTALL_S = 120


def installed() -> Path:
    """The server's script; skips the test where it cannot be installed."""
    folder = user_cache_path("shotlane-tests") / f"yaml-language-server-{VERSION}"
    script = folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    if shutil.which("node") is None:
        pytest.skip("no Node on this machine: the editor is not tried")
    if script.is_file():
        return script
    if shutil.which("npm") is None:
        pytest.skip("no npm on this machine: the editor is not tried")
    folder.mkdir(parents=True, exist_ok=True)
    package = f"yaml-language-server@{VERSION}"
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), package]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_S, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm does not reach its registry: the editor is not tried")
    if not script.is_file():
        pytest.skip(f"npm could not install the server: {done.stderr[-200:]}")
    return script


class Editor:
    """An editor with one server. Lines and columns count from 1."""

    def __init__(self, process: subprocess.Popen[bytes], root: Path) -> None:
        self._process = process
        self._root = root
        self._last = 0
        self._settings: dict[str, Any] = {}

    def begin(self, schemas: dict[str, str]) -> Self:
        """Introduce the editor; `schemas`: schema file by pattern of documents."""
        self._settings = {
            "schemas": {Path(schema).as_uri(): pattern for pattern, schema in schemas.items()},
            "schemaStore": {"enable": False},
            "validate": True,
            "hover": True,
            "completion": True,
        }
        capabilities = {
            "textDocument": {
                "completion": {"completionItem": {"snippetSupport": True}},
                "hover": {"contentFormat": ["markdown"]},
                "publishDiagnostics": {},
            }
        }
        root = self._root.as_uri()
        self._ask("initialize", {"processId": os.getpid(), "rootUri": root, "capabilities": capabilities})
        self._tell("initialized", {})
        return self

    def open(self, name: str, text: str) -> list[dict[str, Any]]:
        """What the server says of a document: `line`, `column` and `message`."""
        document = {"uri": self._uri(name), "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        while True:
            message = self._read()
            found = (
                message.get("params", {}) if str(message.get("method")).endswith("publishDiagnostics") else {}
            )
            if found.get("uri") == self._uri(name):
                return [_place(item) for item in found["diagnostics"]]

    def hover(self, name: str, line: int, column: int) -> str:
        """The text shown for a place."""
        answer = self._ask("textDocument/hover", self._at(name, line, column))
        return "" if answer is None else str(answer["contents"]["value"])

    def complete(self, name: str, line: int, column: int) -> dict[str, str]:
        """What is offered at a place: label and what would be inserted."""
        answer = self._ask("textDocument/completion", self._at(name, line, column))
        items = answer["items"] if isinstance(answer, dict) else answer or []
        return {
            item["label"]: item.get("textEdit", {}).get("newText") or item.get("insertText", "")
            for item in items
        }

    def _at(self, name: str, line: int, column: int) -> dict[str, Any]:
        place = {"line": line - 1, "character": column - 1}
        return {"textDocument": {"uri": self._uri(name)}, "position": place}

    def _uri(self, name: str) -> str:
        return (self._root / name).as_uri()

    def _tell(self, method: str, params: Any) -> None:
        self._write({"jsonrpc": "2.0", "method": method, "params": params})

    def _ask(self, method: str, params: Any) -> Any:
        self._last += 1
        self._write({"jsonrpc": "2.0", "id": self._last, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == self._last and "method" not in message:
                return message.get("result")

    def _write(self, message: Any) -> None:
        assert self._process.stdin is not None
        body = json.dumps(message).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while (header := self._process.stdout.readline()) not in (b"\r\n", b""):
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the server has ended"
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        if "id" in message and "method" in message:
            self._answer(message)
        return message

    def _answer(self, request: dict[str, Any]) -> None:
        """The server asks for settings, section by section, or for what does not matter here."""
        result = None
        if request["method"] == "workspace/configuration":
            sections = [item["section"] for item in request["params"]["items"]]
            result = [self._settings if section == "yaml" else {} for section in sections]
        self._write({"jsonrpc": "2.0", "id": request["id"], "result": result})


def _place(item: dict[str, Any]) -> dict[str, Any]:
    start = item["range"]["start"]
    return {"line": start["line"] + 1, "column": start["character"] + 1, "message": item["message"]}


@contextmanager
def editor(root: Path, schemas: dict[str, str]) -> Iterator[Editor]:
    """An editor with a running server, ended afterwards."""
    with subprocess.Popen(
        ["node", str(installed()), "--stdio"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=root,
    ) as process:
        try:
            yield Editor(process, root).begin(schemas)
        finally:
            process.kill()
