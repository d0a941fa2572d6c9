"""The report in short, as Markdown: what a pull request or an issue quotes.

# PICA: model scratch, seed 42

- The tuned model reaches a mean macro F1 of 61.2 over 9 views with closed labels (TF-IDF 58.0, majority 21.4).

| Metric | majority | TF-IDF | tuned |
"""

from __future__ import annotations

from pica.reporting import tables
from pica.reporting.markdown import of_report
from pica.reporting.page import Report, summary


def render(report: Report) -> str:
    """The sentences of the page's summary, the headline numbers, and the leads over other systems by task."""
    gaps = report.differences
    means = gaps[gaps["view"] == ""] if (gaps["view"] == "").any() else gaps
    parts = [
        f"# PICA: model {report.params['model']['source']}, seed {report.params['seed']}",
        "\n".join(f"- {sentence}" for sentence in summary(report)),
        _captioned(tables.headline(report.systems)),
    ]
    if not means.empty:
        parts.append(_captioned(tables.comparisons(means, report.compared)))
    if report.params["source"]["kind"] == "sample":
        parts.append("The rows are made up: these numbers show that the pipeline works, and nothing about a model.")
    return "\n\n".join(parts) + "\n"


def _captioned(table: tables.Table) -> str:
    return f"{table.caption}\n\n{of_report(table)}"
