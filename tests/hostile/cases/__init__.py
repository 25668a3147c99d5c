"""The cases of the corpus of hostile inputs, as tables."""

from . import dialects, histories, scenarios, words

ALL = [*scenarios.CASES, *dialects.CASES, *histories.CASES, *words.CASES]
