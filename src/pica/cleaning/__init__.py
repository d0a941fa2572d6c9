"""Raw conversations → clean ones, or a reason against them: text repair, masks, rules, leakage, copies."""
