"""Functional groups of enhanced multi-frame files: what holds for one frame, else for all (PS3.3 C.7.6.16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset

from imaging.attributes import item, items


@dataclass(frozen=True, eq=False)
class Groups:
    """The two sequences of functional groups; both empty in a file that has none."""

    shared: Dataset | None
    per_frame: Sequence[Dataset]

    @classmethod
    def of(cls, dataset: Dataset) -> Groups:
        """Those of a data set."""
        return cls(item(dataset, "SharedFunctionalGroupsSequence"), items(dataset, "PerFrameFunctionalGroupsSequence"))

    def find(self, frame: int, keyword: str) -> Dataset | None:
        """The macro's item for frame `frame` (from 1), else the shared one."""
        own = item(self.per_frame[frame - 1], keyword) if 1 <= frame <= len(self.per_frame) else None
        return own if own is not None else item(self.shared, keyword)
