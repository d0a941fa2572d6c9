"""Components with their texts in the page's language: what the switch changes.

texts = Labelled("en")
send = texts.add(gr.Button(), value="send")            a button that says "Send", and "发送" in Chinese
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from pica.demo.words import word


class Labelled:
    """The components whose texts are words of the page.

    Args:
        language: of the page as it opens.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.components: list[Any] = []
        self._texts: list[Callable[[str], Mapping[str, Any]]] = []

    def add(self, component: Any, texts: Callable[[str], Mapping[str, Any]] | None = None, **keys: str) -> Any:
        """The component, with its texts set.

        Args:
            texts: language → properties, where they are more than words.
            keys: property → key of words.yaml.
        """

        def named(language: str) -> Mapping[str, Any]:
            return {name: word(language, key) for name, key in keys.items()}

        texts = texts or named
        for name, value in texts(self.language).items():
            setattr(component, name, value)
        self.components.append(component)
        self._texts.append(texts)
        return component

    def update(self, language: str) -> list[Any]:
        """What each component becomes in another language."""
        return [gr.update(**texts(language)) for texts in self._texts]
