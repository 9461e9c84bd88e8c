"""The gateway through which the house sends short messages: a small protocol and one driver for JSON over HTTPS."""

from server.exchange.messages.gateway import HttpsGateway, MessageGateway, open_gateway
from server.exchange.messages.settings import GatewaySettings, read_gateway

__all__ = ["GatewaySettings", "HttpsGateway", "MessageGateway", "open_gateway", "read_gateway"]
