"""Answers found without labels. The folder is the registry: a file `anomalies.py` holds `class Anomalies`."""
