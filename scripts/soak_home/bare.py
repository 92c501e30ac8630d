"""Home Assistant without its default integrations: python -m scripts.soak_home.bare, with Home Assistant's own options.

It starts in two thirds of the usual time. It sets up everything that configuration.yaml and the config entries name.
"""

import sys

from homeassistant import bootstrap
from homeassistant.__main__ import main

# The soak needs no frontend. The frontend is also a critical integration: without it Home Assistant would start in
# recovery mode.
bootstrap.DEFAULT_INTEGRATIONS = {"logger", "network"}
bootstrap.CRITICAL_INTEGRATIONS = set()

if __name__ == "__main__":
    sys.exit(main())
