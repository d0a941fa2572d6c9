"""General language on the page: a row a language, a column a model.

English   41.2   44.1 (1.07 times that before tuning)   …
"""

from __future__ import annotations

from collections.abc import Mapping

from pica.reporting import tables

_LANGUAGES = {"en": "English", "zh": "Chinese"}


def table(systems: Mapping[str, Mapping[str, float]]) -> tables.Table:
    """Perplexity of the general texts under each model, and how many times that of before tuning it is.

    Args:
        systems: system → its headline numbers (`evaluation.general.metrics` among them).
    """
    models = {s: numbers for s, numbers in systems.items() if "general_perplexity_en" in numbers}
    rows = [
        [tables.Cell(title), *(_cell(numbers, language) for numbers in models.values())]
        for language, title in _LANGUAGES.items()
        if models
    ]
    return tables.Table("Perplexity of general text.", ["Language", *map(tables.title, models)], rows)


def _cell(numbers: Mapping[str, float], language: str) -> tables.Cell:
    ratio = numbers.get(f"general_ratio_{language}")
    note = "" if ratio is None else f"{ratio:.2f} times that before tuning"
    return tables.Cell(f"{numbers[f'general_perplexity_{language}']:,.1f}", note)
