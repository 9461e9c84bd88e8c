"""Gateways to systems outside the house: one package or module for each, told what to send and never deciding it."""
