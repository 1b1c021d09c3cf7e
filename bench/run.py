#!/usr/bin/env python3
"""The benchmark's driver; scripts/bench builds what it needs and starts it. See docs/PERFORMANCE.md."""
import sys

from harness.cli import main

sys.exit(main())
