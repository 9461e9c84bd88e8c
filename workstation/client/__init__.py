"""The only door to the server: one typed method for each route, refusals and troubles as values of `records.errors`."""

from workstation.client.clock import ServerClock
from workstation.client.door import Answer, Door, SignedOut
from workstation.client.events import EventStream, ServerEvent
from workstation.client.routes import Client

__all__ = ["Answer", "Client", "Door", "EventStream", "ServerClock", "ServerEvent", "SignedOut"]
