"""Features to answers. Each file holds one kind: what it learns from (torch) and how it answers (NumPy)."""
