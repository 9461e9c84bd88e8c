"""UUIDv7 by RFC 9562, made of a given instant and given chance."""

from datetime import UTC, datetime

import pytest

from records.ids import uuid7


def test_the_example_of_rfc_9562_comes_out() -> None:
    """Appendix A.6: 2022-02-22 14:22:22 -05:00, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F."""
    entropy = bytes.fromhex("0cc3" "18c4dc0c0c07398f")
    assert str(uuid7(datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC), entropy)) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_version_and_variant_are_set_whatever_the_chance() -> None:
    for entropy in (b"\x00" * 10, b"\xff" * 10):
        made = uuid7(datetime(2026, 11, 17, tzinfo=UTC), entropy)
        assert (made.version, made.variant) == (7, "specified in RFC 4122")


def test_a_naive_instant_and_too_little_chance_are_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        uuid7(datetime(2026, 11, 17), b"\x00" * 10)  # noqa: DTZ001 - the refusal of a naive instant is the point
    with pytest.raises(ValueError, match="10 random bytes"):
        uuid7(datetime(2026, 11, 17, tzinfo=UTC), b"\x00" * 9)
