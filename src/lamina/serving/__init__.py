"""A saved model as an HTTP service, and as a folder that needs no Lamina. No training code, and no torch."""
