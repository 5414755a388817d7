"""Groups: which of so many things belong together, found pair by pair (union-find with halved paths)."""

from __future__ import annotations


class Groups:
    """The numbers below `count`, each a group of its own until it is joined to another. A group goes by its least."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def of(self, number: int) -> int:
        """The least number of its group."""
        above = self._above
        while above[number] != number:
            above[number] = number = above[above[number]]
        return number

    def join(self, one: int, other: int) -> None:
        """Let two groups be one."""
        first, second = sorted((self.of(one), self.of(other)))
        self._above[second] = first

    def all(self) -> list[list[int]]:
        """The groups, in the order of their least numbers."""
        found: dict[int, list[int]] = {}
        for number in range(len(self._above)):
            found.setdefault(self.of(number), []).append(number)
        return list(found.values())
