"""Raw values to arrays, the same code in learning and in serving. One file per kind; NumPy and Pillow only."""
