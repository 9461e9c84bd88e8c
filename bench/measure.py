"""What a measurement is: a name, a figure, its peer or limit measured in the same run, and what was demanded."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured line: ours and the peer's in `unit`, and whether the demand on their relation is met."""

    name: str
    ours: float
    peer: float
    unit: str
    peer_name: str
    demand: str
    met: bool | None
    """None: nothing is demanded, it is told for comparison."""

    def row(self) -> str:
        """As a line of the results' table."""
        verdict = {True: "reached", False: "**missed**", None: "told"}[self.met]
        ratio = f"{self.ours / self.peer:.2f}" if self.peer else "-"
        return (f"| {self.name} | {self.ours:.4g} {self.unit} | {self.peer:.4g} {self.unit} ({self.peer_name}) "
                f"| {ratio} | {self.demand} | {verdict} |")


HEAD = "| what | ours | peer or limit | ratio | demand | verdict |\n| --- | --- | --- | --- | --- | --- |"


def times_ms(work: Callable[[], object], count: int, warm: int = 3) -> list[float]:
    """Durations of `count` runs after `warm` unmeasured ones, in milliseconds."""
    for _ in range(warm):
        work()
    durations = []
    for _ in range(count):
        start = time.perf_counter()
        work()
        durations.append((time.perf_counter() - start) * 1000)
    return durations


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
