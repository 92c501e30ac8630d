"""Home Assistant without what it brings along for everybody: python -m scripts.soak_home.bare, options as its own.

It starts in two thirds of the time; what configuration.yaml and the config entries name is set up as ever.
"""

import sys

from homeassistant import bootstrap
from homeassistant.__main__ import main

# The frontend is missed by none but a person, and a home without it would start in recovery mode.
bootstrap.DEFAULT_INTEGRATIONS = {"logger", "network"}
bootstrap.CRITICAL_INTEGRATIONS = set()

if __name__ == "__main__":
    sys.exit(main())
