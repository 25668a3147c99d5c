"""The cases of the corpus of hostile inputs, as tables."""

from . import dialects, scenarios, words

ALL = [*scenarios.CASES, *dialects.CASES, *words.CASES]
