"""`python -m lamina` is `lamina`."""

from lamina.cli import main

if __name__ == "__main__":
    main()
