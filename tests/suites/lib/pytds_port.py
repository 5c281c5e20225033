"""A plug-in of pytest: the tests of python-tds connect to $SUITE_PORT, for which their settings have no place."""

import os

import settings

settings.CONNECT_KWARGS["port"] = int(os.environ["SUITE_PORT"])
