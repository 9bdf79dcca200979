"""The release: its number and its day, which stand nowhere else.

The package takes its version from here, and a test holds the changelog to both.
"""

from datetime import date

VERSION = "0.2.0"
RELEASED_ON = date(2026, 11, 28)
