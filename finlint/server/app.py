"""The language server: documents and folders of an editor in, diagnostics, code actions and explanations out.

What is being typed is analysed by itself, with everything that it calls, from its unsaved text; the folders of the
workspace are analysed as they are saved, in the background. Of a file that is open and was changed since, the former
is shown; of every other one the latter.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from lsprotocol import types as lsp
from pygls import uris
from pygls.lsp.server import LanguageServer

from finlint import __version__
from finlint.server.process import Analyst
from finlint.server.translate import OPEN_RULE, Translator, hover_text, overlaps, uri_of
from finlint.syntax.reading import Unreadable, decode, read_bytes

_TOKEN = "finlint/workspace"


class App:
    """The state of one session, and what is done with each message."""

    def __init__(self, server: LanguageServer) -> None:
        self.server = server
        self._typed: Analyst | None = None
        self._saved: Analyst | None = None
        self._roots: list[str] = []
        self._sweeps = True
        #: Paths of open documents to be analysed, the one that was changed last at the end.
        self._dirty: dict[str, None] = {}
        self._busy = ""
        self._wake = asyncio.Event()
        self._sweep_wanted = asyncio.Event()
        self._sweep_number = 0
        self._uris: dict[str, str] = {}
        #: What is known of documents as they were typed, with their versions, and of files as they are saved.
        self._of_typed: dict[str, tuple[int, list[dict[str, Any]]]] = {}
        self._of_saved: dict[str, list[dict[str, Any]]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    # -- the session

    def initialize(self, params: lsp.InitializeParams) -> None:
        folders: list[str | None] = [folder.uri for folder in params.workspace_folders or ()]
        folders = folders or [params.root_uri]
        self._roots = [path for uri in folders if uri and (path := uris.to_fs_path(uri)) and os.path.isdir(path)]
        options = params.initialization_options
        self._sweeps = not (isinstance(options, dict) and options.get("workspace") is False)

    async def initialized(self, params: lsp.InitializedParams) -> None:
        folder = self._roots[0] if self._roots else os.getcwd()
        self._typed, self._saved = Analyst(folder), Analyst(folder)
        self._tasks = [asyncio.create_task(self._lasting(work)) for work in (self._pump, self._sweep)]
        self.sweep()

    async def shutdown(self, params: Any) -> None:
        for task in self._tasks:
            task.cancel()
        for analyst in (self._typed, self._saved):
            if analyst is not None:
                await analyst.close()

    # -- documents

    def opened(self, params: lsp.DidOpenTextDocumentParams) -> None:
        self._touch(params.text_document.uri)

    def changed(self, params: lsp.DidChangeTextDocumentParams) -> None:
        self._touch(params.text_document.uri)

    def saved(self, params: lsp.DidSaveTextDocumentParams) -> None:
        self._touch(params.text_document.uri)
        self.sweep()

    def closed(self, params: lsp.DidCloseTextDocumentParams) -> None:
        path = uris.to_fs_path(params.text_document.uri)
        if path is not None:
            path = os.path.abspath(path)
            self._dirty.pop(path, None)
            self._of_typed.pop(path, None)
            self._publish(path)
            self._uris.pop(path, None)

    def elsewhere(self, params: Any) -> None:
        """Files were changed on the disk, or what is configured."""
        for path in self._uris:
            self._dirty.setdefault(path)
        self._wake.set()
        self.sweep()

    def _touch(self, uri: str) -> None:
        path = uris.to_fs_path(uri)
        if path is None or not uri.startswith("file:"):
            return
        path = os.path.abspath(path)
        self._uris[path] = uri
        self._dirty.pop(path, None)
        self._dirty[path] = None
        if self._busy == path and self._typed is not None:
            self._typed.interrupt()
        self._wake.set()

    # -- analyses

    async def _lasting(self, work: Callable[[], Awaitable[None]]) -> None:
        """A fault in one answer is said, and does not end those that come after it."""
        while True:
            try:
                await work()
            except Exception as error:
                self._complain({"error": f"internal error: {type(error).__name__}: {error}"})

    async def _pump(self) -> None:
        """Analyse what is typed, the document that was changed last before the others."""
        assert self._typed is not None
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._dirty:
                path, _ = self._dirty.popitem()
                uri = self._uris.get(path)
                if uri is None:
                    continue
                document = self.server.workspace.get_text_document(uri)
                version = document.version or 0
                unsaved = {at: text for at in self._uris if (text := self._unsaved(at)) is not None}
                self._busy = path
                answer = await self._typed.ask([path], unsaved)
                self._busy = ""
                if "files" in answer and path in self._uris:
                    self._of_typed[path] = version, answer["files"].get(path, [])
                    self._publish(path)
                self._complain(answer)

    def sweep(self) -> None:
        """Have the workspace analysed; what is under way is begun again."""
        if self._sweeps and self._roots and self._saved is not None:
            self._saved.interrupt()
            self._sweep_wanted.set()

    async def _sweep(self) -> None:
        assert self._saved is not None
        progress = self.server.work_done_progress
        shows = bool((window := self.server.client_capabilities.window) and window.work_done_progress)
        while True:
            await self._sweep_wanted.wait()
            self._sweep_wanted.clear()
            self._sweep_number += 1
            token = f"{_TOKEN}/{self._sweep_number}"
            if shows:
                await progress.create_async(token)
                progress.begin(token, lsp.WorkDoneProgressBegin(title="finlint", cancellable=True, percentage=0))

            def tell(done: int, total: int, token: str = token) -> None:
                if shows:
                    report = lsp.WorkDoneProgressReport(percentage=100 * done // total if total else 100)
                    progress.report(token, report)

            answer = await self._saved.ask(self._roots, {}, tell)
            if shows:
                progress.end(token, lsp.WorkDoneProgressEnd())
            if "files" in answer:
                self._show_saved(answer["files"])
            self._complain(answer)

    def stop_sweep(self, params: lsp.WorkDoneProgressCancelParams) -> None:
        """The user has had enough of the workspace's analysis; the next saved file begins another."""
        if str(params.token).startswith(_TOKEN) and self._saved is not None:
            self._saved.interrupt()

    def _show_saved(self, files: dict[str, list[dict[str, Any]]]) -> None:
        before, self._of_saved = self._of_saved, files
        for path in self._uris:
            if path in files and path not in self._dirty and self._unsaved(path) is None:
                # It is known with what the other files say of it.
                self._of_typed.pop(path, None)
        for path in sorted({*before, *files}):
            if path in self._uris or before.get(path, []) != files.get(path, []):
                self._publish(path)

    def _complain(self, answer: dict[str, Any]) -> None:
        if "error" in answer:
            self.server.window_log_message(lsp.LogMessageParams(lsp.MessageType.Error, f"finlint: {answer['error']}"))

    # -- answers

    def _found(self, path: str) -> list[dict[str, Any]]:
        if path in self._of_typed:
            return self._of_typed[path][1]
        return self._of_saved.get(path, [])

    def _publish(self, path: str) -> None:
        translator = self._translator()
        uri = self._uris.get(path) or uri_of(path)
        version = self._of_typed[path][0] if path in self._of_typed else None
        found = [translator.diagnostic(path, item) for item in self._found(path)]
        self.server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, found, version))

    def actions(self, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        uri = params.text_document.uri
        path = os.path.abspath(uris.to_fs_path(uri) or "")
        document = self.server.workspace.get_text_document(uri)
        if path in self._of_typed and self._of_typed[path][0] != (document.version or 0):
            # What is known is about another text.
            return []
        translator = self._translator()
        return [
            action
            for item in self._found(path)
            if overlaps(translator.range(path, item["start"], item["end"]), params.range)
            for action in translator.actions(path, uri, item, document.source)
        ]

    def hover(self, params: lsp.HoverParams) -> lsp.Hover | None:
        path = os.path.abspath(uris.to_fs_path(params.text_document.uri) or "")
        translator = self._translator()
        at = lsp.Range(params.position, params.position)
        for item in self._found(path):
            place = translator.range(path, item["start"], item["end"])
            if overlaps(place, at):
                text = hover_text(item, _page(item["code"]))
                return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, text), place)
        return None

    async def open_rule(self, code: str) -> None:
        """Show the page of a rule as a document."""
        # Nothing is made for what is no code: its name could be that of any place.
        page = _page(code)
        path = os.path.join(tempfile.mkdtemp(prefix="finlint-"), f"{code}.md")
        with open(path, "w", encoding="utf-8") as file:
            file.write(page)
        uri = uri_of(path)
        await self.server.window_show_document_async(lsp.ShowDocumentParams(uri, external=False, take_focus=True))

    # -- texts

    def _translator(self) -> Translator:
        known: dict[str, Sequence[str]] = {}

        def lines(path: str) -> Sequence[str]:
            if path not in known:
                known[path] = self._text(path).split("\n")
            return known[path]

        return Translator(self.server.workspace.position_encoding, lines)

    def _text(self, path: str) -> str:
        uri = self._uris.get(path)
        if uri is not None:
            source: str = self.server.workspace.get_text_document(uri).source
            return source.replace("\r\n", "\n")
        return _on_disk(path) or ""

    def _unsaved(self, path: str) -> str | None:
        """The text of an open document, where it is not what the file holds."""
        source: str = self.server.workspace.get_text_document(self._uris[path]).source
        saved = _on_disk(path)
        return None if saved is not None and source.replace("\r\n", "\n") == saved else source


def _on_disk(path: str) -> str | None:
    try:
        return decode(read_bytes(path))
    except Unreadable:
        return None


def _page(code: str) -> str:
    # All rules: only who asks why needs them.
    from finlint.rules.base.page import page
    from finlint.rules.registry import RULES

    return page(RULES[code])


def serve() -> None:
    """Speak the protocol over standard input and output until the client ends it."""
    server = LanguageServer("finlint", __version__, text_document_sync_kind=lsp.TextDocumentSyncKind.Incremental)
    app = App(server)
    quick_fixes = lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix])
    features = (
        (lsp.INITIALIZE, app.initialize, None),
        (lsp.INITIALIZED, app.initialized, None),
        (lsp.SHUTDOWN, app.shutdown, None),
        (lsp.TEXT_DOCUMENT_DID_OPEN, app.opened, None),
        (lsp.TEXT_DOCUMENT_DID_CHANGE, app.changed, None),
        (lsp.TEXT_DOCUMENT_DID_SAVE, app.saved, None),
        (lsp.TEXT_DOCUMENT_DID_CLOSE, app.closed, None),
        (lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, app.elsewhere, None),
        (lsp.WORKSPACE_DID_CHANGE_CONFIGURATION, app.elsewhere, None),
        (lsp.WINDOW_WORK_DONE_PROGRESS_CANCEL, app.stop_sweep, None),
        (lsp.TEXT_DOCUMENT_CODE_ACTION, app.actions, quick_fixes),
        (lsp.TEXT_DOCUMENT_HOVER, app.hover, None),
    )
    for name, handler, options in features:
        # Marks are set on what is registered, which bound methods do not take.
        server.feature(name, options)(partial(handler))
    server.command(OPEN_RULE)(partial(app.open_rule))
    server.start_io()
