"""Raw conversations → clean ones, or a reason against them: text repair, rules, leakage."""
