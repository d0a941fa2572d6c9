"""The page: its layout, and which function answers which event. What the functions do stands in `talk`, `panel` and
`tasks`.

build(bot, asker, Path("chats"), "en", "models/base + models/adapter")       gr.Blocks(…)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from pica.chat import safety
from pica.chat.chatbot import Chatbot
from pica.chat.session import Session
from pica.chat.skills import trained_rows
from pica.demo import panel, talk
from pica.demo.labelled import Labelled
from pica.demo.task_tabs import add_tabs
from pica.demo.tasks import Asker
from pica.demo.words import word
from pica.errors import ChatError

# One of its own for all that asks the model: it answers one question at a time.
MODEL = {"concurrency_id": "model", "concurrency_limit": 1}
_JOINER = "\u2060"
CSS = """
#seen, footer { display: none !important }
.gradio-container main { width: 100% }
@media (max-width: 640px) { #head { flex-direction: column } }
button.md { white-space: nowrap }
.tab-wrapper { width: 0; min-width: 100% }
.tab-container { overflow-x: auto }
@media (max-width: 640px) { .tab-container button { padding-left: 4px; padding-right: 4px } }
.gradio-container { max-width: 1280px !important; margin: 0 auto !important }
#notice, #status, .help { overflow-wrap: anywhere }
.gr-accordion { overflow: hidden !important }
#chat .message { white-space: pre-wrap; overflow-wrap: anywhere }
#chat button[title="Clear"], #chat button[aria-label="Clear"] { display: none }
.mode { background: var(--block-background-fill) !important }
.mode .wrap { flex-wrap: nowrap; gap: 4px }
fieldset.mode:not(.block) { padding: 0 12px 10px }
.mode label { padding: 2px 8px; white-space: nowrap }
"""


def build(bot: Chatbot, asker: Asker, folder: Path, language: str, model: str) -> gr.Blocks:
    """The page.

    Args:
        bot, asker: what all visitors share; neither holds anything of a chat.
        folder: where *save* writes.
        language: of the page as it opens.
        model: what answers, for people.
    """
    texts = Labelled(language)
    with gr.Blocks(title="PICA", analytics_enabled=False) as page:
        with gr.Row(elem_id="head"):
            texts.add(gr.Markdown(f"# PICA\n{word(language, 'subtitle', model=model)}"), _head(model))
            switch = gr.Radio(
                [("English", "en"), ("中文", "zh")], value=language, show_label=False, container=False, scale=0,
                min_width=230, elem_id="language",
            )  # fmt: skip
        with gr.Tabs():
            with texts.add(gr.Tab(word(language, "tab_chat")), label="tab_chat"):
                chat = ChatTab(bot, folder, texts, switch)
            add_tabs(asker, texts, switch, MODEL)
        switch.change(
            lambda chosen, session: [*texts.update(chosen), *chat.in_language(session, chosen)],
            [switch, chat.session],
            [*texts.components, *chat.all],
            show_progress="hidden",
        )
        chat.connect(page)
    return page


def _head(model: str) -> Any:
    return lambda language: {"value": f"# PICA\n{word(language, 'subtitle', model=model)}"}


class ChatTab:
    """The chat: what was said, and the state beside it. The chat itself is in `session`, one a visitor.

    While a reply is written, `draft` is what goes back into the message box when it is stopped ("" for a reply drawn
    anew); else it is None. The controls and the page's language cannot be changed then: the reply ends with a state of
    its own, which would take the change back.
    """

    # What the events give values for, beside the controls.
    SHOWN = ("message", "history", "status", "prompt", "session", "draft", "switch", "plot", "views", "told")

    def __init__(self, bot: Chatbot, folder: Path, texts: Labelled, switch: gr.Radio) -> None:
        self.bot, self.folder, self.switch = bot, folder, switch
        self.session = gr.State(bot.start(texts.language))
        self.draft = gr.State(None)
        self.notice = texts.add(gr.Markdown(elem_id="notice"), lambda to: {"value": self._notice(to)})
        with gr.Row():
            with gr.Column(scale=3, min_width=320):
                self._talk(texts)
            with gr.Column(scale=2, min_width=320):
                self._state(texts)
        # What the browser shows of the state, which it sends back: what differs from it was changed by hand.
        self.seen = gr.Textbox(elem_id="seen", show_label=False, container=False)
        self.controls = [self.seen, *self.modes.values(), *self.values.values()]
        self.all = [*(getattr(self, name) for name in self.SHOWN), *self.controls]

    def _notice(self, language: str) -> str:
        """What stands above a chat: that it is a program, and whether replies in the language were trained at all."""
        taught = self.bot.skills(language)["reply"].trained or not trained_rows(self.bot.root)
        return safety.words(language)["notice"] + ("" if taught else f"\n\n{word(language, 'untaught')}")

    def _talk(self, texts: Labelled) -> None:
        self.history = texts.add(
            gr.Chatbot(
                buttons=["copy"], render_markdown=False, editable="user", height=420, elem_id="chat",
                latex_delimiters=[], feedback_options=None, group_consecutive_messages=False,
            ),
            label="chat",
        )  # fmt: skip
        self.status = gr.Markdown(elem_id="status")
        self.message = texts.add(
            gr.Textbox(lines=2, max_lines=6, elem_id="message"), label="message", placeholder="message_hint"
        )
        with gr.Row():
            self.send = texts.add(gr.Button(variant="primary", size="md", min_width=80, elem_id="send"), value="send")
            self.stop = texts.add(gr.Button(size="md", min_width=70, elem_id="stop"), value="stop")
            self.retry = texts.add(gr.Button(size="md", min_width=150, elem_id="retry"), value="retry")
            self.new = texts.add(gr.Button(size="md", min_width=90, elem_id="new"), value="new")
            self.keep = texts.add(gr.Button(size="md", min_width=70, elem_id="save"), value="save")
        self.plot = texts.add(
            gr.LinePlot(x="turn", y="probability", color="emotion", y_lim=[0, 1], height=220, buttons=[], visible=False,
                x_axis_format="d"),
            title="curve", x_title="turn", y_title="probability", color_title="emotion",
        )  # fmt: skip
        with texts.add(gr.Accordion(open=False), label="prompt"):
            self.prompt = gr.Textbox(lines=4, max_lines=20, show_label=False, interactive=False, elem_id="prompt")
        with texts.add(gr.Accordion(open=False), label="views"):
            self.views = gr.Markdown()

    def _state(self, texts: Labelled) -> None:
        texts.add(gr.Markdown(), lambda to: {"value": f"### {word(to, 'state')}\n{word(to, 'state_hint')}"})
        self.told = gr.Markdown(elem_id="told", elem_classes="help")
        self.values: dict[str, Any] = {}
        self.modes: dict[str, Any] = {}
        for part in panel.SET:
            with gr.Group():
                if part in ("situation", "persona"):
                    made = gr.Textbox(lines=2, max_lines=8, interactive=True, elem_id=part)
                else:
                    made = gr.Dropdown(choices=[], interactive=True, elem_id=part)
                self.values[part] = texts.add(made, label=part)
                self.modes[part] = self._mode(part)
        with gr.Group():
            self.modes["safety"] = self._mode("safety")

    def _mode(self, part: str) -> gr.Radio:
        return gr.Radio(
            choices=[],
            interactive=True,
            show_label=part == "safety",
            container=part == "safety",
            elem_id=f"{part}-mode",
            elem_classes="mode",
        )

    def connect(self, page: gr.Blocks) -> None:
        """Which function answers which event."""
        given = [self.message, self.session, self.switch, *self.controls]
        page.load(lambda language: self.fresh(language), [self.switch], self.all, show_progress="hidden")
        hidden = {"show_progress": "hidden", **MODEL}
        replies = [
            gr.on([self.send.click, self.message.submit], self.answer, given, self.all, **hidden),
            self.retry.click(self.again, given, self.all, **hidden),
            self.history.edit(self.edited, given, self.all, **hidden),
        ]
        back = [self.session, self.draft, self.message, self.switch]
        self.stop.click(self.halted, back, self.all, cancels=replies, queue=False, show_progress="hidden")
        self.new.click(self.fresh, [self.switch], self.all, cancels=replies, queue=False, show_progress="hidden")
        self.keep.click(self.saved, given, self.all, show_progress="hidden")
        for control in self.controls[1:]:
            changed = control.blur if isinstance(control, gr.Textbox) else control.input
            changed(self.changed, given, self.all, show_progress="hidden", trigger_mode="always_last")

    # What the events do. Each gives values for `all`, in its order.

    def answer(self, said: str, session: Session, language: str, *controls: Any) -> Iterator[list[Any]]:
        """A reply to what was typed, as it is written."""
        try:
            talk.check(said, language)
            session = self._applied(session, language, controls)
        except ChatError as error:
            yield self._only(status=_problem(error))
            return
        yield from self._replied(self.bot.answer(session, said), session, session, said, language, said, message="")

    def again(self, said: str, session: Session, language: str, *controls: Any) -> Iterator[list[Any]]:
        """Another reply to the last message."""
        try:
            session = self._applied(session, language, controls)
            if not session.exchanges:
                raise ChatError(word(language, "no_reply_yet"))
        except ChatError as error:
            yield self._only(status=_problem(error))
            return
        before = session.back_to(len(session.exchanges))
        yield from self._replied(self.bot.retry(session), session, before, session.exchanges[-1].said, language, "")

    def edited(
        self, event: gr.EditData, said: str, session: Session, language: str, *controls: Any
    ) -> Iterator[list[Any]]:
        """A message with other words; what came after it goes."""
        index = event.index[0] if isinstance(event.index, (tuple, list)) else event.index
        turn = index // 2 + 1  # bubbles are a message and what stands below it, by turns
        try:
            words = talk.check(_plain(event.value), language)
            session = self._applied(session, language, controls)
            before = session.back_to(turn)
        except ChatError as error:
            yield self._shown(session, language, status=_problem(error))
            return
        yield from self._replied(self.bot.edit(session, turn, words), session, before, words, language, words)

    def _replied(
        self, events, session: Session, before: Session, said: str, language: str, draft: str, **first: Any
    ) -> Iterator[list[Any]]:
        """A reply as it is written. What goes into the message box, if anything, is in `first`, the first values: what
        stands in it later is the next message."""
        first |= {"session": session, "draft": draft, **self._held(session, language, interactive=False)}
        try:
            for step in talk.progress(events, before, said, self.bot.country, language):
                if step.session is not None:
                    session = step.session
                    shown = {"status": step.status, "prompt": step.prompt}
                    yield self._shown(session, language, interactive=False, **shown)
                else:
                    yield self._only(history=step.bubbles, status=step.status, prompt=step.prompt, **first)
                first = {}
        except ChatError as error:
            yield self._shown(session, language, status=_problem(error), **({"message": draft} if draft else {}))
            return
        yield self._only(**self._held(session, language, interactive=True))

    def halted(self, session: Session, draft: str | None, typed: str, language: str) -> list[Any]:
        """The chat as it was before the reply that was stopped, with the message back in its box, before what was typed
        there meanwhile. A reply that is whole stays."""
        if draft is None:
            return self._only(**self._held(session, language, interactive=True))
        back = {"message": "\n".join(filter(None, [draft, typed]))} if draft else {}
        return self._shown(session, language, status=word(language, "stopped"), **back)

    def fresh(self, language: str) -> list[Any]:
        """A new chat in the page's language."""
        return self._shown(self.bot.start(language), language, status="", prompt="", message="")

    def saved(self, said: str, session: Session, language: str, *controls: Any) -> list[Any]:
        """Write the chat."""
        try:
            path = talk.save(self._applied(session, language, controls), self.folder, language)
        except ChatError as error:
            return self._only(status=_problem(error))
        return self._only(status=word(language, "saved", path=path))

    def changed(self, said: str, session: Session, language: str, *controls: Any) -> list[Any]:
        """Take over a control that was changed."""
        try:
            after = self._applied(session, language, controls)
        except ChatError as error:
            return self._only(status=_problem(error))
        if after == session:
            return self._only()
        status = panel.taken_over(self.bot, session.state, after.state, language)
        return self._only(session=after, controls=self._controls(after, language), status=status)

    def in_language(self, session: Session, language: str) -> list[Any]:
        """The tab in another language; a chat that has not begun is then one of that language."""
        if not session.exchanges:
            session = self.bot.start(language)
        other = session.state.language != language
        return self._shown(session, language, status=word(language, "other_language") if other else "")

    def _applied(self, session: Session, language: str, controls: tuple[Any, ...]) -> Session:
        seen, *controls = controls
        texts = dict(zip([*(f"mode {part}" for part in self.modes), *self.values], controls, strict=True))
        modes = {part: texts[f"mode {part}"] or "auto" for part in self.modes}
        shown = panel.Panel(modes, {part: texts[part] or "" for part in self.values})
        return panel.applied(self.bot, session, shown, language, panel.from_text(seen))

    def _shown(self, session: Session, language: str, interactive: bool = True, **others: Any) -> list[Any]:
        """Everything, as a chat has it that waits for the next message."""
        return self._only(
            history=talk.bubbles(session, self.bot.country),
            session=session,
            draft=None,
            plot=_curve(session),
            views=talk.views(self.bot, session, language),
            told=panel.told(self.bot, session, language),
            **self._held(session, language, interactive),
            **others,
        )

    def _held(self, session: Session, language: str, interactive: bool) -> dict[str, Any]:
        """The controls, and whether they and the page's language can be changed."""
        controls = self._controls(session, language, interactive=interactive)
        return {"switch": gr.update(interactive=interactive), "controls": controls}

    def _controls(self, session: Session, language: str, **can: bool) -> list[Any]:
        """The controls as a chat has them; `can` says whether they are `interactive`, where that changes."""
        state, shown = session.state, panel.panel_of(session.state)
        modes = [
            gr.update(
                choices=_modes(part, language), value=shown.modes[part], label=word(language, part), info=info, **can
            )
            for part in self.modes
            for info in [panel.origin(self.bot, state, part, language) if part == "safety" else None]
        ]
        values = []
        for part in self.values:
            told = {"value": shown.values[part], "info": panel.origin(self.bot, state, part, language), **can}
            if part in ("emotion", "stage", "strategy"):
                told["choices"] = panel.choices(self.bot, session, part, language)
                told["value"] = shown.values[part] or None
                told |= {name: allowed and bool(told["choices"]) for name, allowed in can.items()}
            values.append(gr.update(**told))
        return [gr.update(value=panel.to_text(shown)), *modes, *values]

    def _only(self, controls: list[Any] | None = None, **values: Any) -> list[Any]:
        """Values for some of `all`; the others stay as they are."""
        if "history" in values:
            values["history"] = [{**bubble, "content": _as_text(bubble["content"])} for bubble in values["history"]]
        shown = [values.get(name, gr.skip()) for name in self.SHOWN]
        return [*shown, *(controls or [gr.skip()] * len(self.controls))]


def _modes(part: str, language: str) -> list[tuple[str, str]]:
    if part == "safety":
        return [(word(language, "on"), "auto"), (word(language, "off"), "off")]
    # Facts are held one by one, not the part as a whole.
    return [(word(language, mode), mode) for mode in ("auto", "hand", "off") if (part, mode) != ("persona", "hand")]


def _curve(session: Session) -> Any:
    import pandas as pd

    rows = talk.curve(session)
    last = max((row["turn"] for row in rows), default=1)
    # A line has two points at least, and an axis of five turns or more has whole numbers alone.
    return gr.update(
        value=pd.DataFrame(rows, columns=["turn", "emotion", "probability"]),
        x_lim=[1, max(6, last)],
        visible=len({row["turn"] for row in rows}) > 1,
    )


def _problem(error: ChatError) -> str:
    return f"⚠️ {error}"


def _as_text(content: str) -> str:
    """A bubble's words, none of which the browser takes for HTML: also without Markdown, Gradio sets them as such. A
    word joiner, which nobody sees, keeps a tag or an entity from beginning; escapes would stand in the box of an edit.
    """
    return re.sub("[<&]", f"\\g<0>{_JOINER}", content)


def _plain(value: Any) -> str:
    """The words of an edited message, which the page gives as text or as a list of blocks."""
    if isinstance(value, Mapping):
        value = value.get("text") or value.get("content") or ""
    if isinstance(value, list):
        return "".join(_plain(block) for block in value)
    return value.replace(_JOINER, "") if isinstance(value, str) else ""
