"""``python -m tests.conformance.state_tests FOLDER…``: see ``runner``."""

import sys

from tests.conformance.state_tests.runner import main

sys.exit(main())
