"""The pipe between a trainer and its viewers.

A trainer listens on a Unix stream socket; viewers may connect, follow and leave. `frames` is how bytes become messages
(version 1 of the protocol, described there), `messages` what can be said, `verb` what can be asked, `server` the
trainer's end, with `viewer` for one connection and `waiting` for the commands, `client` the viewer's end, `address`
where the socket is.
"""
