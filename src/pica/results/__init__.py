"""Baselines on the real datasets: what `pica results` measures, and the page that it makes of it."""
