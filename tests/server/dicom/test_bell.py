"""The bell wakes who waits on a connection, also when it rang before; closed, it does no harm."""

from __future__ import annotations

import os
import select
import threading

from server.dicom.bell import Bell


def heard(bell: Bell, within_s: float) -> bool:
    """Whether somebody who waits so long is woken."""
    return bool(select.select([bell], [], [], within_s)[0])


def test_it_is_heard_by_who_waits_and_by_who_comes_later_once_for_all_rings() -> None:
    bell = Bell()
    ringing = threading.Thread(target=bell.ring)
    ringing.start()
    assert heard(bell, 10)
    ringing.join()
    bell.ring()
    bell.hush()
    assert not heard(bell, 0)
    bell.hush()


def test_a_closed_one_leaves_the_number_to_others() -> None:
    bell = Bell()
    number = bell.fileno()
    bell.close()
    other = os.eventfd(0, os.EFD_NONBLOCK)
    try:
        assert other == number
        bell.ring()
        bell.hush()
        bell.close()
        assert select.select([other], [], [], 0)[0] == []
    finally:
        os.close(other)
