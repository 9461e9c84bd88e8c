"""The shared language of workstation and server: what a record is, who signs it, what bytes are signed.

Pure: no Qt, no SQL, no network, no clock. If a rule can be written here, it is written here, once.
"""
