"""Messages → token ids and labels, and the loop that trains a model on them."""
