"""Start LatentLab from a source tree: ``python main.py [PATH]``."""

import sys

from latentlab.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
