"""eventqa answers questions about events from press releases, in the releases' own words."""

from eventqa.cite import verify
from eventqa.qa import EventQA, ask
from eventqa.types import (
    Answer,
    BuildReport,
    Citation,
    EventQAError,
    Freshness,
    Hit,
    InvalidInput,
    Passage,
    Problem,
    Receipt,
    Release,
    Verdict,
)

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "BuildReport",
    "Citation",
    "EventQA",
    "EventQAError",
    "Freshness",
    "Hit",
    "InvalidInput",
    "Passage",
    "Problem",
    "Receipt",
    "Release",
    "Verdict",
    "ask",
    "verify",
]
