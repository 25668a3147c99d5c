"""The version of the specification, by which it is cited beside a clause's id.

The last number rises when sentences or examples change and no implementation can be told by it; the middle one when clauses are
added, or one is corrected; the first when a clause is retired or a choice loses a value. The ids themselves never change their
meaning (`clauses/ids.txt`).
"""

VERSION = "0.1.0"
