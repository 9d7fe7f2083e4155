"""What is made anew. The folder is the registry: a file `text.py` holds `class Text`."""
