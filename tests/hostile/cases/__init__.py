"""The cases of the corpus of hostile inputs, as tables."""

from . import dialects, histories, scenarios, scripts, words

ALL = [*scenarios.CASES, *dialects.CASES, *histories.CASES, *scripts.CASES, *words.CASES]
