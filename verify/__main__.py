"""``python -m verify``: the same as ``rproof``."""

from verify.cli import main

if __name__ == "__main__":
    main()
