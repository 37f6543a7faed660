"""`python -m eostui`."""

import sys

from eostui.cli import main

if __name__ == "__main__":
    sys.exit(main())
