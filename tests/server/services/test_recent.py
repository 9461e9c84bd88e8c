"""What was used last is kept, within its bound."""

from __future__ import annotations

from server.services.recent import Recent


def test_what_was_used_last_stays_and_the_oldest_goes() -> None:
    kept: Recent[int] = Recent(3)
    for number in (1, 2, 3):
        kept.put(str(number), number)
    assert kept.get("1") == 1
    kept.put("4", 4)
    assert [kept.get(name) for name in "1234"] == [1, None, 3, 4]


def test_a_heavy_value_pushes_several_out_and_one_beyond_the_bound_is_not_kept() -> None:
    kept: Recent[str] = Recent(10)
    for name in "abc":
        kept.put(name, name, 3)
    kept.put("heavy", "heavy", 8)
    assert [kept.get(name) for name in ("a", "b", "c", "heavy")] == [None, None, None, "heavy"]
    kept.put("beyond", "beyond", 11)
    assert (kept.get("beyond"), kept.get("heavy")) == (None, "heavy")


def test_a_value_that_is_put_again_weighs_once() -> None:
    kept: Recent[int] = Recent(2)
    for _ in range(5):
        kept.put("a", 1)
    kept.put("b", 2)
    assert (kept.get("a"), kept.get("b")) == (1, 2)
