"""Opening a store: by password, by keyring, by IT's recovery; a wrong word opens nothing and loses nothing."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import keyring
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from records.errors import Refusal, Trouble
from records.recovery import read_request
from tests.workstation import hospital
from tests.workstation.conftest import MemoryKeyring
from workstation.drafts import LocalDraft, Owner, Shelf, Store
from workstation.drafts.keyfile import has_safe_keyring

NOW = datetime(2026, 11, 17, 3, 12, 41, tzinfo=UTC)


@pytest.fixture(scope="module")
def recovery() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def public_pem(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(serialization.Encoding.PEM,
                                         serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def private_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


def owner(password: str = "cũ", recovery_public_key: str = "") -> Owner:
    return Owner(hospital.DOCTOR, "ha", "Lê Thu Hà", "Bác sĩ", password, recovery_public_key)


def write(store: Store, plan: str = "Tiếp tục levofloxacin.") -> None:
    store.save_draft(LocalDraft(entry=UUID(int=77), encounter=hospital.ENCOUNTER, form=hospital.ROW, occurred_at=NOW,
                                begun_at=NOW, values={"plan": plan}))
    store.close()


def plan(store: Store) -> str:
    draft = store.draft(UUID(int=77))
    store.close()
    assert draft is not None
    return str(draft.values["plan"])


def code(caught: pytest.ExceptionInfo[Refusal]) -> str:
    return caught.value.reasons[0].code


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_the_password_opens_what_it_closed(shelf: Shelf) -> None:
    write(shelf.open(owner()))
    assert plan(shelf.open_offline("HA ", "cũ")) == "Tiếp tục levofloxacin."
    assert [person.full_name for person in shelf.people()] == ["Lê Thu Hà"]


def test_a_wrong_password_opens_nothing(shelf: Shelf) -> None:
    write(shelf.open(owner()))
    with pytest.raises(Refusal) as caught:
        shelf.open_offline("ha", "sai")
    assert code(caught) == "store_password_wrong"
    with pytest.raises(Refusal) as caught:
        shelf.open_offline("nga", "cũ")
    assert code(caught) == "offline_not_here"


def test_without_a_keyring_a_changed_password_asks_for_the_old_one_and_loses_nothing(shelf: Shelf) -> None:
    write(shelf.open(owner()))
    with pytest.raises(Refusal) as caught:
        shelf.open(owner("mới"))
    assert code(caught) == "store_needs_old_password"
    with pytest.raises(Refusal) as caught:
        shelf.open_with_old(owner("mới"), "sai")
    assert code(caught) == "store_password_wrong"
    assert plan(shelf.open_with_old(owner("mới"), "cũ")) == "Tiếp tục levofloxacin."
    assert plan(shelf.open_offline("ha", "mới")) == "Tiếp tục levofloxacin."
    with pytest.raises(Refusal):
        shelf.open_offline("ha", "cũ")


def test_with_a_keyring_a_changed_password_opens_at_once(shelf: Shelf, memory_keyring: MemoryKeyring) -> None:
    write(shelf.open(owner()))
    assert memory_keyring.held
    assert plan(shelf.open(owner("mới"))) == "Tiếp tục levofloxacin."
    assert plan(shelf.open_offline("ha", "mới")) == "Tiếp tục levofloxacin."


class PolicyClosed(Exception):
    """What Windows' keyring hands on when a policy forbids to keep credentials; no OSError, no KeyringError."""


def test_a_keyring_that_a_policy_closed_keeps_nobody_from_work(
        shelf: Shelf, memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object) -> None:
        raise PolicyClosed(1312, "CredWrite", "A specified logon session does not exist.")

    for name in ("get_password", "set_password", "delete_password"):
        monkeypatch.setattr(memory_keyring, name, closed)
    shelf.open(owner()).close()
    shelf.open(owner()).close()


def test_the_keyring_alone_lets_nobody_in(shelf: Shelf, memory_keyring: MemoryKeyring) -> None:
    write(shelf.open(owner()))
    assert memory_keyring.held
    with pytest.raises(Refusal):
        shelf.open_offline("ha", "sai")


def test_a_keyring_with_the_key_of_another_store_is_not_believed(shelf: Shelf, memory_keyring: MemoryKeyring) -> None:
    write(shelf.open(owner()))
    for name in memory_keyring.held:
        memory_keyring.held[name] = base64.b64encode(bytes(32)).decode()
    with pytest.raises(Refusal) as caught:
        shelf.open(owner("mới"))
    assert code(caught) == "store_needs_old_password"


def test_a_keyring_that_writes_clear_text_is_not_used() -> None:
    class PlaintextKeyring(MemoryKeyring):
        """As keyrings.alt has it."""

    keyring.set_keyring(PlaintextKeyring())
    assert not has_safe_keyring()
    keyring.set_keyring(MemoryKeyring())
    assert has_safe_keyring()


def test_it_recovers_a_forgotten_password_with_the_servers_key(
    shelf: Shelf, recovery: rsa.RSAPrivateKey, tmp_path: Path,
) -> None:
    write(shelf.open(owner(recovery_public_key=public_pem(recovery))))
    read = read_request(shelf.recovery_request(hospital.DOCTOR), private_pem(recovery))
    (tmp_path / "recovery.pem").write_bytes(private_pem(recovery))
    told = subprocess.run(
        [str(Path(sys.executable).with_name("benhan-server")), "keys", "open-store", "--key",
         str(tmp_path / "recovery.pem")],
        input=shelf.recovery_request(hospital.DOCTOR), capture_output=True, text=True, check=True)
    assert told.stdout.strip() == read
    with pytest.raises(Refusal) as caught:
        shelf.open_with_code(owner("mới"), base64.b64encode(bytes(32)).decode())
    assert code(caught) == "store_recovery_wrong"
    assert plan(shelf.open_with_code(owner("mới"), f" {read[:20]} {read[20:]}\n")) == "Tiếp tục levofloxacin."
    assert plan(shelf.open_offline("ha", "mới")) == "Tiếp tục levofloxacin."


@pytest.mark.parametrize(("spoil", "reason"), [
    (lambda request: request[:80] + request[90:], "recovery_request_unreadable"),
    (lambda request: "0" * 64 + request[64:], "recovery_other_key"),
    (lambda _: "", "recovery_other_key"),
])
def test_a_request_that_is_spoilt_or_for_another_key_is_refused(
    shelf: Shelf, recovery: rsa.RSAPrivateKey, spoil: Callable[[str], str], reason: str,
) -> None:
    write(shelf.open(owner(recovery_public_key=public_pem(recovery))))
    with pytest.raises(Refusal) as caught:
        read_request(spoil(shelf.recovery_request(hospital.DOCTOR)), private_pem(recovery))
    assert code(caught) == reason


def test_a_file_that_is_no_key_is_refused_in_words() -> None:
    with pytest.raises(Refusal) as caught:
        read_request("x:y", b"no key at all")
    assert code(caught) == "recovery_key_unreadable"


@pytest.mark.parametrize("typed", ["", "không phải mã", "AAAA", "=" * 44])
def test_a_code_that_is_none_is_refused_in_words(shelf: Shelf, typed: str) -> None:
    write(shelf.open(owner()))
    with pytest.raises(Refusal) as caught:
        shelf.open_with_code(owner("mới"), typed)
    assert code(caught) == "store_recovery_wrong"


def test_a_new_recovery_key_of_the_server_is_taken_up(shelf: Shelf, recovery: rsa.RSAPrivateKey) -> None:
    write(shelf.open(owner()))
    assert shelf.recovery_request(hospital.DOCTOR) == ""
    shelf.open(owner(recovery_public_key=public_pem(recovery))).close()
    assert shelf.recovery_request(hospital.DOCTOR) != ""


def test_a_store_that_is_put_aside_is_kept_whole(shelf: Shelf, tmp_path: Path) -> None:
    write(shelf.open(owner()))
    shelf.begin_anew(owner("mới")).close()
    kept = next((tmp_path / "stores").glob("aside-*"))
    assert (kept / "store.db").stat().st_size > 0
    assert json.loads((kept / "key.aside.json").read_text())["username"] == "ha"
    assert shelf.open_offline("ha", "mới").drafts() == ()
    assert len(shelf.people()) == 1


def test_a_damaged_key_file_is_trouble_and_hides_nobody_else(shelf: Shelf, tmp_path: Path) -> None:
    write(shelf.open(owner()))
    other = tmp_path / "stores" / "00000000-0000-0000-0000-000000000009"
    other.mkdir()
    (other / "key.json").write_text("{broken")
    assert [person.username for person in shelf.people()] == ["ha"]
    (tmp_path / "stores" / str(hospital.DOCTOR) / "key.json").write_text("{broken")
    with pytest.raises(Trouble) as caught:
        shelf.open(owner())
    assert code(caught) == "store_damaged"


def test_the_key_file_says_nothing_to_who_reads_it(shelf: Shelf, tmp_path: Path) -> None:
    store = shelf.open(owner())
    text = (tmp_path / "stores" / str(hospital.DOCTOR) / "key.json").read_text()
    assert base64.b64encode(store.key).decode() not in text
    assert "cũ" not in json.loads(text)["password"].values()
    assert (tmp_path / "stores" / str(hospital.DOCTOR) / "key.json").stat().st_mode & 0o077 == 0
    store.close()


def test_the_sign_in_window_knows_people_without_loading_the_database(shelf: Shelf, tmp_path: Path) -> None:
    shelf.open(owner()).close()
    program = (
        "import sys; from pathlib import Path\n"
        "import workstation.models.session\n"
        "from workstation.drafts import Shelf\n"
        f"print(Shelf(Path({str(tmp_path)!r})).people()[0].username, 'sqlalchemy' in sys.modules)")
    said = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[3], capture_output=True,
                          text=True, check=True)
    assert said.stdout.split() == ["ha", "False"]
