"""The door: what any program on the network may cost before and after it says who it is; other devices go on.

pynetdicom waits without end for the rest of a PDU, takes one of any length, gathers a message of any size, and greets a
TLS client on the thread that lets everyone in. Here each of these has a bound.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from dataclasses import dataclass
from socketserver import BaseServer
from typing import Any, cast

from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import P_DATA
from pynetdicom.transport import ThreadedAssociationServer

PDU = 1 << 20
"""Bytes of one PDU: what devices are told, and all that is read of one."""
SILENCE_S = 20.0
"""A PDU that began goes on within this time; TLS is agreed on, and the association asked for, within it."""
SLOWEST = 16 * 1024
"""Bytes a second that a PDU that began must bring."""
_OUTSTANDING = 4
"""Messages of one device that wait for their answers: each asks one after the other (PS3.7 D.3.3.3)."""
_log = logging.getLogger("benhan.server.dicom")


class Budget:
    """How many bytes of messages that are not whole yet the service holds, of all devices together."""

    def __init__(self, most: int) -> None:
        self._most, self._held, self._lock = most, 0, threading.Lock()

    def take(self, count: int) -> bool:
        """Room for so many more; no when there is none."""
        with self._lock:
            if self._held + count > self._most:
                return False
            self._held += count
            return True

    def give(self, count: int) -> None:
        """They are no longer held."""
        with self._lock:
            self._held -= count

    @property
    def largest(self) -> int:
        """What one message may take, so that no device takes all."""
        return self._most // 2


class Gathering:
    """The bytes of the messages that one association sent and was not answered yet."""

    def __init__(self, budget: Budget) -> None:
        self._budget, self._held, self._lock = budget, 0, threading.Lock()

    def more(self, primitive: P_DATA) -> bool:
        """Whether this part may come."""
        count = sum(len(value) for _, value in primitive.presentation_data_value_list)
        with self._lock:
            if self._held + count > self._budget.largest or not self._budget.take(count):
                return False
            self._held += count
        return True

    def done(self) -> None:
        """What came was answered, or will never be."""
        with self._lock:
            self._budget.give(self._held)
            self._held = 0


def may_wait(waiting: int) -> bool:
    """Whether a device may ask on while so many of its messages wait for their answers."""
    return waiting < _OUTSTANDING


@dataclass
class Guest:
    """One connection."""

    line: socket.socket
    gathering: Gathering
    association: Association | None = None

    @property
    def is_gone(self) -> bool:
        """Its thread began and has ended."""
        one = self.association
        return one is not None and one.ident is not None and not one.is_alive()


class Guests:
    """Who is connected, by address and port; none is forgotten whose thread ended without closing its connection."""

    def __init__(self, budget: Budget, most: int) -> None:
        self._budget, self._most = budget, most
        self._here: dict[Any, Guest] = {}
        self._lock = threading.Lock()

    def is_full(self, host: str) -> bool:
        """Whether one more from there would be too many: in all, or for one address."""
        with self._lock:
            ours = sum(1 for address in self._here if address[0] == host)
            return len(self._here) > self._most or ours >= max(2, self._most // 2)

    def enter(self, address: Any, line: socket.socket) -> None:
        """A connection, or what it became by TLS."""
        with self._lock:
            self._here[address] = Guest(line, Gathering(self._budget))

    def seat(self, address: Any, association: Association) -> Gathering | None:
        """Its association begins."""
        with self._lock:
            guest = self._here.get(address)
            if guest is not None:
                guest.association = association
            return None if guest is None else guest.gathering

    def leave(self, address: Any) -> None:
        """It is over: pynetdicom leaves connections open where it takes the other end for gone."""
        with self._lock:
            guest = self._here.pop(address, None)
        if guest is not None:
            guest.line.close()
            guest.gathering.done()

    def sweep(self) -> None:
        """Those that ended without a word."""
        with self._lock:
            gone = [address for address, guest in self._here.items() if guest.is_gone]
        for address in gone:
            self.leave(address)


class Door(ThreadedAssociationServer):
    """Lets connections in: so many in all, half of them from one address, each greeted on a thread of its own."""

    daemon_threads = True
    guests: Guests

    def get_request(self) -> tuple[socket.socket, Any]:
        """The next connection; one too many is hung up on at once."""
        line, address = cast("socket.socket", self.socket).accept()
        if self.guests.is_full(address[0]):
            line.close()
            _log.warning("%s was hung up on: too many are connected.", address[0])
            raise ConnectionRefusedError
        line.settimeout(SILENCE_S)
        self.guests.enter(address, line)
        return line, address

    def service_actions(self) -> None:
        """Twice a second."""
        super().service_actions()
        self.guests.sweep()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """TLS first, where it is spoken; what fails in it is no error of ours."""
        if self.ssl_context is not None:
            try:
                request = self.ssl_context.wrap_socket(request, server_side=True)
            except (OSError, ssl.SSLError) as error:
                _log.warning("%s did not agree on TLS: %s", client_address[0], error)
                self.guests.leave(client_address)
                return
            self.guests.enter(client_address, request)
        super().finish_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Associations close their connections themselves."""

    def shutdown(self) -> None:
        """Let nobody in any more."""
        BaseServer.shutdown(self)
        self.server_close()


def opened(
    application: AE, address: tuple[str, int], context: ssl.SSLContext | None, handlers: list[Any], guests: Guests,
) -> Door:
    """Listen, on a thread of its own."""
    application.maximum_pdu_size = PDU
    application.acse_timeout = 1.5 * SILENCE_S
    application.connection_timeout = SILENCE_S
    server = cast("Door", application.make_server(
        address, ssl_context=context, evt_handlers=handlers, server_class=cast("Any", Door)))
    server.guests = guests
    threading.Thread(target=server.serve_forever, name="dicom door", daemon=True).start()
    return server
