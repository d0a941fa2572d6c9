"""The tabs of the four tasks beside the chat: a text, which question is asked about it, and the answer.

add_tabs(asker, texts, switch, {"concurrency_id": "model"})         four tabs in the `gr.Tabs` around it
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from pica.demo import tasks
from pica.demo.labelled import Labelled
from pica.demo.words import word
from pica.errors import ChatError


def add_tabs(asker: tasks.Asker, texts: Labelled, switch: gr.Radio, model: Mapping[str, Any]) -> None:
    """Declare the four tabs.

    Args:
        switch: the page's language.
        model: which queue the events that ask the model stand in.
    """
    made = _Tabs(asker, texts, switch, model)
    made.text()
    made.dialogue()
    made.cause()
    made.background()


class _Tabs:
    def __init__(self, asker: tasks.Asker, texts: Labelled, switch: gr.Radio, model: Mapping[str, Any]) -> None:
        self.asker, self.texts, self.switch, self.model = asker, texts, switch, model

    def text(self) -> None:
        with self.texts.add(gr.Tab(), label="tab_text"), gr.Row():
            with gr.Column(min_width=320):
                text = self._box("text", "text_hint", 4, "text-text")
                view, run, note = self._asked("text_emotion", "text")
            with gr.Column(min_width=320):
                shares = self.texts.add(
                    gr.Label(num_top_classes=10, buttons=[], elem_id="text-answer"), label="emotions"
                )

        def ask(text: str, view: str, language: str) -> list[Any]:
            found = tasks.emotion(self.asker, view, text, language)
            return [_note(found), dict(found.probabilities)]

        self._connect(ask, run, [text, view], [note, shares])

    def dialogue(self) -> None:
        with self.texts.add(gr.Tab(), label="tab_dialogue"):
            with gr.Row():
                with gr.Column(min_width=320):
                    text = self._box("dialogue", "dialogue_hint", 7, "dialogue-text")
                    view, run, note = self._asked("dialogue_emotion", "dialogue")
                with gr.Column(min_width=320):
                    last = self.texts.add(gr.Label(num_top_classes=8, buttons=[]), label="last_turn")
            turns = self.texts.add(
                gr.Dataframe(interactive=False, wrap=True, buttons=[], elem_id="dialogue-answer"),
                lambda to: {"label": word(to, "by_turn"), "headers": _headers(to)},
            )

        def ask(text: str, view: str, language: str) -> list[Any]:
            found = tasks.emotions(self.asker, view, text, language)
            table = gr.update(value={"headers": _headers(language), "data": found.rows})
            return [_note(found), dict(found.last), table]

        self._connect(ask, run, [text, view], [note, last, turns])

    def cause(self) -> None:
        with self.texts.add(gr.Tab(), label="tab_cause"), gr.Row():
            with gr.Column(min_width=320):
                text = self._box("text_or_dialogue", "text_hint", 5, "cause-text")
                first = self.asker.first("emotion_cause", self.texts.language)
                feeling = self.texts.add(
                    gr.Dropdown(tasks.feelings(first), value=None, allow_custom_value=True, elem_id="cause-emotion"),
                    label="which_emotion",
                )
                view, run, note = self._asked("emotion_cause", "cause")
            with gr.Column(min_width=320):
                shown = self.texts.add(
                    gr.HighlightedText(
                        color_map={"cause": "orange", "原因": "orange"}, elem_id="cause-answer", buttons=[]
                    ),
                    label="causes",
                )
        view.change(lambda name: gr.update(choices=tasks.feelings(name), value=None), [view], [feeling])

        def ask(text: str, view: str, feeling: str, language: str) -> list[Any]:
            found = tasks.causes(self.asker, view, text, feeling, language)
            return [_note(found), found.pieces]

        self._connect(ask, run, [text, view, feeling], [note, shown])

    def background(self) -> None:
        with self.texts.add(gr.Tab(), label="tab_background"), gr.Row():
            with gr.Column(min_width=320):
                text = self._box("dialogue", "dialogue_hint", 7, "background-text")
                whose = self.texts.add(gr.Textbox(max_lines=1, elem_id="background-whose"), label="whose")
                view, run, note = self._asked("dialogue_inference", "background")
            with gr.Column(min_width=320):
                shares = self.texts.add(gr.Label(num_top_classes=10, visible=False, buttons=[]), label="answers")
                told = self.texts.add(
                    gr.Textbox(lines=3, interactive=False, elem_id="background-answer"), label="answer"
                )

        def ask(text: str, view: str, whose: str, language: str) -> list[Any]:
            found = tasks.background(self.asker, view, text, whose, language)
            closed = bool(found.probabilities)
            label = gr.update(value=dict(found.probabilities) or None, visible=closed)
            return [_note(found), label, gr.update(value=found.text, visible=not closed)]

        self._connect(ask, run, [text, view, whose], [note, shares, told])

    def _box(self, label: str, hint: str, lines: int, elem_id: str) -> gr.Textbox:
        return self.texts.add(gr.Textbox(lines=lines, max_lines=20, elem_id=elem_id), label=label, placeholder=hint)

    def _asked(self, task: str, name: str) -> tuple[gr.Dropdown, gr.Button, gr.Markdown]:
        """Which question is asked, the button that asks it, and what is said of it afterwards."""
        names = self.asker.known(task)
        view = self.texts.add(
            gr.Dropdown(names, elem_id=f"{name}-view", interactive=True),
            lambda to: {"label": word(to, "question"), "value": self.asker.first(task, to)},
        )
        run = self.texts.add(gr.Button(variant="primary", elem_id=f"{name}-run"), value="run")
        return view, run, gr.Markdown(elem_id=f"{name}-note", elem_classes="help")

    def _connect(self, ask: Callable[..., list[Any]], run: gr.Button, given: list[Any], shown: list[Any]) -> None:
        """The button asks; what cannot be asked is said in the first of `shown`, and the others stay as they are."""

        def answered(*values: Any) -> list[Any]:
            try:
                return ask(*values)
            except ChatError as error:
                return [f"⚠️ {error}", *(gr.skip() for _ in shown[1:])]

        run.click(answered, [*given, self.switch], shown, **self.model)


def _headers(language: str) -> list[str]:
    return [word(language, key) for key in ("turn", "speaker", "said", "emotion", "probability")]


def _note(found: Any) -> str:
    return f"{found.help}\n\n{found.note}" if found.help else found.note
