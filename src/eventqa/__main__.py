"""`python -m eventqa` is the `eventqa` command."""

import sys

from eventqa.cli import main

sys.exit(main())
