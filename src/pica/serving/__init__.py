"""`pica serve`: base and adapter in one folder, `transformers serve` on it, and a front for what that lacks.

POST /v1/chat/completions {"model": "pica", "messages": [{"role": "user", "content": "The bread burnt again."}]}
"""
