"""The driver: it feeds a scenario to a callback and writes down what is seen. JSON data in, JSON data out.

Rules
- The standard library alone, and Python 3.6: it runs in the interpreter in which a subject lives, and nothing else of callcheck
  is installed there. A test holds this floor.
- There is one training loop (`loop`), one bookkeeping (`record`), one ear (`capture`), and one world for each era of Keras
  (`worlds`). A real `fit` (`fit`) has a loop of its own, and shares everything else.
- A refused configuration and an exception out of a hook are outcomes, not crashes.
"""
