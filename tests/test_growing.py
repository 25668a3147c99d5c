"""A sequence that grows without being copied is a value all the same."""

from callcheck.reference.growing import Growing


def test_what_it_was_before_stays() -> None:
    short = Growing([1.0])
    long = short.and_then(2.0).and_then(3.0)
    assert (list(short), list(long), long[-1], list(long[1:])) == ([1.0], [1.0, 2.0, 3.0], 3.0, [2.0, 3.0])


def test_two_that_grow_from_one_know_nothing_of_each_other() -> None:
    for begun in (Growing[int](), Growing([0])):
        one, other = begun.and_then(1), begun.and_then(2)
        assert (list(one)[-1], list(other)[-1], len(begun)) == (1, 2, len(one) - 1)
        assert one != other
        assert one == begun.and_then(1)


def test_growing_copies_nothing() -> None:
    grown = Growing([0])
    shared = grown._list
    for number in range(1, 100):
        grown = grown.and_then(number)
    assert grown._list is shared
    assert list(grown) == list(range(100))
