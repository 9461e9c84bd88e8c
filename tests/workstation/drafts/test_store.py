"""The local store: every acknowledged word is on the disk, encrypted, and drafts and outbox agree."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from records.errors import Reason, Refusal, Trouble
from records.messages import DraftView, Look
from tests.workstation import hospital
from workstation.drafts import Awaited, AwaitedDocument, CommandState, LocalDraft, OutboxCommand, Store
from workstation.drafts.values import SentDraft

KEY = bytes(range(32))
NOW = datetime(2026, 11, 17, 3, 12, 41, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    held = Store(tmp_path / "store.db", KEY, hospital.DOCTOR)
    yield held
    held.close()


def draft(**changes: Any) -> LocalDraft:
    good: dict[str, Any] = {
        "entry": UUID(int=77), "encounter": hospital.ENCOUNTER, "form": hospital.ROW, "occurred_at": NOW,
        "begun_at": NOW, "values": {"plan": "Tiếp tục levofloxacin."}}
    return LocalDraft(**{**good, **changes})


def command(**changes: Any) -> OutboxCommand:
    good: dict[str, Any] = {
        "id": uuid4(), "kind": "sign", "method": "POST", "path": "/api/entries/x", "body": b"%PDF-1.7",
        "label": "Tờ điều trị, lần ghi 03:10", "entry": UUID(int=77), "encounter": hospital.ENCOUNTER,
        "created_at": NOW}
    return OutboxCommand(**{**good, **changes})


def theirs(revision: int, **values: str) -> DraftView:
    return DraftView(entry=UUID(int=77), encounter=hospital.ENCOUNTER, person=hospital.OTHER,
                     person_name="Phạm Thị Nga", form=hospital.ROW, base_version=0, occurred_at=NOW, values=values,
                     revision=revision, updated_at=NOW)


def test_a_draft_comes_back_as_it_was_saved(store: Store) -> None:
    saved = store.save_draft(draft())
    assert store.draft(UUID(int=77)) == saved
    assert (saved.revision, saved.waiting) == (1, True)


def test_each_save_counts_up_and_keeps_what_the_mirror_knows(store: Store) -> None:
    store.save_draft(draft())
    store.mark_mirrored(UUID(int=77), 1, theirs(4, plan="Tiếp tục levofloxacin."))
    again = store.save_draft(draft(values={"plan": "Đổi thuốc."}))
    assert (again.revision, again.mirrored_revision, again.server_revision) == (2, 1, 4)


def test_nothing_readable_lies_on_the_disk(store: Store, tmp_path: Path) -> None:
    store.save_draft(draft(values={"plan": "BENHLAO-PHOI"}))
    store.put_cache("chart:1", b"BENHLAO-PHOI")
    everything = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert len(everything) > 4096
    assert b"BENHLAO" not in everything
    assert b"SQLite format" not in everything


def test_another_key_opens_nothing(store: Store, tmp_path: Path) -> None:
    store.save_draft(draft())
    with pytest.raises(Trouble) as caught:
        Store(tmp_path / "store.db", bytes(32), hospital.DOCTOR)
    assert caught.value.reasons[0].code == "store_damaged"


def test_a_save_that_comes_after_the_server_took_the_file_does_not_bring_the_draft_back(store: Store) -> None:
    store.save_draft(draft())
    item = store.put_command(command(entry=UUID(int=77), version=1), closes=UUID(int=77))
    store.mark_done(item.number, b"{}")
    with pytest.raises(Refusal) as caught:
        store.save_draft(draft())
    assert caught.value.reasons[0].code == "draft_closed"
    assert store.drafts() == ()
    # A correction of that version is a draft of its own.
    assert store.save_draft(draft(base_version=1, correction_reason="Sửa liều thuốc")).base_version == 1


def test_a_first_save_that_comes_after_the_question_closes_the_draft_all_the_same(store: Store) -> None:
    asked = command(version=1)
    store.awaited.put(Awaited(id=UUID(int=5), service="SmartCA", certificate=b"", begun_at=NOW, documents=(
        AwaitedDocument(command=asked, closes=UUID(int=77)),)))
    assert store.save_draft(draft()).command == asked.id, "the words were on their way to the disk"
    item = store.awaited.finish(asked.id, b"%PDF-1.7")
    assert item is not None
    store.mark_done(item.number, b"{}")
    assert store.drafts() == ()


@pytest.mark.parametrize("brought", [lambda store: store.save_draft(draft()), lambda store: store.adopt(theirs(1))])
def test_a_first_save_that_comes_after_the_signed_file_closes_the_draft_until_the_server_says_no(
    store: Store, brought: Callable[[Store], LocalDraft],
) -> None:
    item = store.put_command(command(version=1), closes=UUID(int=77))
    assert brought(store).command == item.command.id
    store.mark_refused(item.number, [Reason("thing_unknown")])
    assert [held.command for held in store.drafts()] == [None]


def test_a_signed_file_that_is_put_a_second_time_after_the_server_refused_it_shuts_no_draft(store: Store) -> None:
    """A commit that only seemed to fail is tried again; the first has been sent and refused meanwhile."""
    store.save_draft(draft())
    file = command(version=1)
    item = store.put_command(file, closes=UUID(int=77))
    store.mark_refused(item.number, [Reason("thing_unknown")])
    assert store.put_command(file, closes=UUID(int=77)).state is CommandState.REFUSED
    assert [held.command for held in store.drafts()] == [None]


def told() -> OutboxCommand:
    return command(kind="drop", method="DELETE", path=f"/api/drafts/{UUID(int=77)}", body=b"")


def test_a_draft_that_was_thrown_away_is_not_taken_back_from_a_list_that_does_not_know_of_it(store: Store) -> None:
    store.save_draft(draft())
    store.mark_mirrored(UUID(int=77), 1, theirs(1))
    asked_at = datetime.now(UTC)
    assert store.throw_away(UUID(int=77), told())
    (item,) = store.commands(CommandState.WAITING)
    for before_the_server_knew in (asked_at, datetime.now(UTC)):
        with pytest.raises(Refusal):
            store.adopt(theirs(1), before_the_server_knew)
    store.mark_done(item.number, b"")
    with pytest.raises(Refusal):
        store.adopt(theirs(1), asked_at)
    assert store.adopt(theirs(1), datetime.now(UTC)).revision == 1, "begun anew at another PC"


def test_the_server_is_told_in_the_same_breath_but_not_of_what_it_never_had(store: Store) -> None:
    store.save_draft(draft())
    assert store.throw_away(UUID(int=77), told())
    assert (store.drafts(), store.commands(CommandState.WAITING)) == ((), ())


def test_what_is_signed_is_not_thrown_away_and_not_sent_as_a_draft(store: Store) -> None:
    saved = store.save_draft(draft())
    store.put_command(command(), closes=UUID(int=77))
    assert not store.throw_away(UUID(int=77), told())
    assert store.draft(UUID(int=77)) is not None
    assert store.mark_sending(saved.entry, SentDraft(key=uuid4(), revision=1, body="{}")) is None


def test_words_that_were_saved_since_two_texts_were_read_are_not_written_over(store: Store) -> None:
    read = store.save_draft(draft(values={"plan": "A"}))
    store.mark_conflict(UUID(int=77), theirs(2, objective="của Nga"))
    store.save_draft(draft(values={"plan": "A B"}))
    kept = store.resolve(draft(values={"plan": "A", "objective": "của Nga"}), theirs(2), read.revision)
    assert kept is not None
    assert (kept.values, kept.theirs is None) == ({"plan": "A B"}, False)


def test_a_queued_file_closes_its_draft_and_a_refusal_opens_it_again_as_it_was(store: Store) -> None:
    before = store.save_draft(draft())
    item = store.put_command(command(), closes=UUID(int=77))
    with pytest.raises(Refusal) as caught:
        store.save_draft(draft(values={"plan": "Sửa sau khi ký"}))
    assert caught.value.reasons[0].code == "draft_closed"
    store.mark_refused(item.number, [Reason("two_texts_open")])
    assert store.draft(UUID(int=77)) == before
    assert store.commands(CommandState.REFUSED)[0].reasons[0]["code"] == "two_texts_open"


def test_an_accepted_file_takes_its_draft_along_but_a_quarantined_one_leaves_it(store: Store) -> None:
    store.save_draft(draft())
    first = store.put_command(command(), closes=UUID(int=77))
    store.mark_done(first.number, b"{}", quarantined=[Reason("two_texts_open").as_json()])
    assert store.draft(UUID(int=77)) is not None
    second = store.put_command(command(), closes=UUID(int=77))
    store.mark_done(second.number, b"{}")
    assert store.draft(UUID(int=77)) is None


def test_commands_leave_in_the_order_they_came(store: Store) -> None:
    numbers = [store.put_command(command()).number for _ in range(3)]
    left = []
    while items := store.next_commands(2):
        (item,) = items
        left.append(item.number)
        store.mark_done(item.number, b"")
    assert left == numbers


def test_beside_the_first_goes_the_first_of_another_encounter(store: Store) -> None:
    here, other, third = uuid4(), uuid4(), uuid4()
    one, two, three, four = (store.put_command(command(encounter=stay)).number for stay in (here, here, other, third))
    assert [item.number for item in store.next_commands(2)] == [one, three]
    assert [item.number for item in store.next_commands(2, but=[three])] == [one]
    assert not store.next_commands(2, but=[one, three]), "what is on its way keeps its place"
    store.mark_done(one, b"")
    assert [item.number for item in store.next_commands(3)] == [two, three, four]


def test_a_command_of_no_encounter_waits_for_all_before_it_and_is_passed_by_none(store: Store) -> None:
    one, two, three = (store.put_command(command(encounter=stay)).number for stay in (uuid4(), None, uuid4()))
    assert [item.number for item in store.next_commands(2)] == [one]
    store.mark_done(one, b"")
    assert [item.number for item in store.next_commands(2)] == [two]
    assert not store.next_commands(2, but=[two]), "what is on its way is not passed either"
    store.mark_done(two, b"")
    assert [item.number for item in store.next_commands(2)] == [three]


def test_a_command_put_twice_stands_once(store: Store) -> None:
    twice = command()
    assert store.put_command(twice).number == store.put_command(twice).number
    assert len(store.commands(CommandState.WAITING)) == 1


def test_lists_carry_sizes_instead_of_files(store: Store) -> None:
    store.put_command(command(body=b"x" * 60_000))
    listed = store.commands(CommandState.WAITING)[0]
    assert (listed.command.body, listed.size) == (b"", 60_000)
    assert store.command(listed.number).command.body == b"x" * 60_000


def test_a_text_from_another_pc_is_new_here_or_stands_beside_mine(store: Store) -> None:
    assert store.adopt(theirs(1, plan="từ máy khác")).values == {"plan": "từ máy khác"}
    store.save_draft(draft(values={"plan": "của tôi"}))
    met = store.adopt(theirs(2, plan="lại từ máy khác"))
    assert met.values == {"plan": "của tôi"}
    assert met.theirs is not None
    assert met.theirs.revision == 2


def test_a_save_whose_answer_is_not_known_is_not_taken_for_another_text(store: Store) -> None:
    saved = store.save_draft(draft())
    store.mark_sending(saved.entry, SentDraft(key=uuid4(), revision=1, body="{}"))
    assert store.adopt(theirs(1, plan="cũ hơn")).theirs is None


def test_a_text_that_came_while_the_person_chose_is_not_lost(store: Store) -> None:
    store.save_draft(draft(values={"plan": "của tôi"}))
    store.mark_conflict(UUID(int=77), theirs(2, plan="bản hai"))
    store.mark_conflict(UUID(int=77), theirs(3, plan="bản ba"))
    chosen = store.resolve(draft(values={"plan": "đã ghép"}), theirs(2, plan="bản hai"))
    assert chosen is not None
    assert chosen.theirs is not None
    assert (chosen.values, chosen.theirs.revision, chosen.server_revision) == ({"plan": "đã ghép"}, 3, 2)


def test_old_answers_go_and_everything_that_waits_stays(store: Store) -> None:
    store.put_cache("chart:1", b"{}")
    store.save_draft(draft())
    done = store.put_command(command())
    store.mark_done(done.number, b"")
    refused = store.put_command(command())
    store.mark_refused(refused.number, [Reason("two_texts_open")])
    store.prune(datetime.now(UTC) + timedelta(days=1))
    assert store.cached("chart:1") is None
    assert [item.number for item in store.commands(*CommandState)] == [refused.number]
    assert store.drafts() != ()


def test_what_was_kept_comes_back(store: Store) -> None:
    store.keep("account", {"tên": "Hà"})
    assert store.kept("account") == {"tên": "Hà"}
    assert store.kept("nothing") is None


def look(minutes: int = 0, **values: str) -> Look:
    return Look(entry=UUID(int=5), version=1, values=values, seen_at=NOW + timedelta(minutes=minutes))


def test_the_newest_look_stays_and_waits_until_the_server_knows_it(store: Store) -> None:
    store.put_looks(hospital.ENCOUNTER, [look(5, plan="mới")], told=False)
    store.put_looks(hospital.ENCOUNTER, [look(0, plan="cũ")], told=True)
    assert store.looks() == {UUID(int=5): look(5, plan="mới")}
    assert [one.look for one in store.untold_looks()] == [look(5, plan="mới")]
    store.mark_told([look(0, plan="cũ")])
    assert len(store.untold_looks()) == 1, "the answer was to an older look"
    store.mark_told([look(5, plan="mới")])
    assert store.untold_looks() == ()
    store.put_looks(hospital.ENCOUNTER, [look(9, plan="ở máy khác")], told=True)
    assert store.looks()[UUID(int=5)].values == {"plan": "ở máy khác"}
    assert store.untold_looks() == ()


def test_each_changed_field_knows_whose_hand_it_shows(store: Store) -> None:
    store.save_draft(draft(values={"plan": "A", "objective": "O"}))
    assert store.draft(UUID(int=77)).hands == {}  # type: ignore[union-attr]  # it was saved just now
    mine = store.save_draft(draft(values={"plan": "B", "objective": "O"}))
    assert {key: hand.by for key, hand in mine.hands.items()} == {"plan": ""}
    their = theirs(4, plan="A", objective="thêm lúc 02:31")
    joined = store.resolve(draft(values={"plan": "B", "objective": "thêm lúc 02:31"}), their)
    assert joined is not None
    assert {key: hand.by for key, hand in joined.hands.items()} == {"plan": "", "objective": "Phạm Thị Nga"}
    assert joined.hands["objective"].at == NOW
    again = store.save_draft(draft(values={"plan": "B", "objective": "tôi sửa lại"}))
    assert again.hands["objective"].by == ""
    mine_elsewhere = theirs(5, plan="C", objective="tôi sửa lại").model_copy(update={"person": hospital.DOCTOR})
    after = store.resolve(draft(values={"plan": "C", "objective": "tôi sửa lại"}), mine_elsewhere)
    assert after is not None
    assert after.hands["plan"].by == "", "my own text from another PC"


def test_a_text_that_was_merged_before_it_is_saved_stays_the_others_hand(store: Store) -> None:
    store.save_draft(draft(values={"plan": "A"}))
    store.mark_conflict(UUID(int=77), theirs(2, plan="A", objective="của Nga"))
    saved = store.save_draft(draft(values={"plan": "A", "objective": "của Nga"}))
    assert saved.hands["objective"].by == "Phạm Thị Nga"


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from tests.workstation.drafts.test_store import KEY, command, draft
from tests.workstation import hospital
from workstation.drafts import Store
store = Store(Path(sys.argv[1]), KEY, hospital.DOCTOR)
for number in range(int(sys.argv[2])):
    store.save_draft(draft(values={"plan": f"lần {number}"}))
    store.put_command(command(label=f"lệnh {number}"))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("times", [1, 7])
def test_what_was_acknowledged_survives_a_kill_right_after(tmp_path: Path, times: int) -> None:
    path = tmp_path / "store.db"
    root = Path(__file__).parents[3]
    dead = subprocess.run([sys.executable, "-c", KILLED, str(path), str(times)], cwd=root, check=False,
                          capture_output=True, text=True)
    assert dead.returncode == -9, dead.stderr
    store = Store(path, KEY, hospital.DOCTOR)
    held = store.draft(UUID(int=77))
    assert held is not None
    assert held.values == {"plan": f"lần {times - 1}"}
    assert [item.command.label for item in store.commands(CommandState.WAITING)] == [
        f"lệnh {number}" for number in range(times)]
    store.close()
