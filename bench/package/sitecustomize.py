"""Resolves *.localhost in the reference's process, as RFC 6761 asks of resolvers and glibc does not do."""

import socket

_resolve = socket.getaddrinfo


def getaddrinfo(host, *rest, **more):
    return _resolve("127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **more)


socket.getaddrinfo = getaddrinfo
