"""Lamina learns from examples."""
