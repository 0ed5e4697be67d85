"""`python -m shotlane` is the `shotlane` command."""

from shotlane.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
