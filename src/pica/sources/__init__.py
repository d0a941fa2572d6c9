"""How files arrive: the embedded sample, a mirror folder, pinned URLs, the Hugging Face hub."""
