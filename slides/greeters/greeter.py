#!/usr/bin/env python3
"""The greeter in Python, on asyncio: one thread, coroutines that a loop drives.

An async def that is called is inert, as in Rust; create_task spawns it. A task
that is no longer wanted is cancelled by an exception at its await, so that it
may clean up, or refuse.
"""

import argparse
import asyncio
import errno
import os
import re
import signal
import socket as sockets
import sys

PROMPT = b"Who are you?\n"
NAME_BYTES = 1024  # the most that the one read takes
REST = 0.1  # seconds: how long to leave a listener alone that ran short
PASSING = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM,
           errno.ECONNABORTED)
# What Unicode calls white space. str.strip alone would also take U+001C to 1F.
WHITE_SPACE = ("\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005"
               "\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000")


# DOC: py-greet
async def greet(socket):
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(socket, PROMPT)
    name = await loop.sock_recv(socket, NAME_BYTES)
    name = name.decode().strip(WHITE_SPACE)
    reply = f"Thanks for dialing in, {name}!\n"
    await loop.sock_sendall(socket, reply.encode())
# END: py-greet


async def limited(socket, peer, limit):
    """A conversation under a time limit."""
    # DOC: py-race
    try:
        await asyncio.wait_for(greet(socket), limit)
    except asyncio.TimeoutError:
        print("timed out:", peer)  # and greet was cancelled
    # END: py-race


async def client(socket, peer, limit):
    """The root of a client's task: says what it could not say itself."""
    with socket:
        try:
            await limited(socket, peer, limit)
        except OSError as e:
            print(f"socket error: {e.strerror} (os error {e.errno})")
        except UnicodeDecodeError:
            print("greeter: a client failed: the name is not UTF-8",
                  file=sys.stderr)


async def accept(listener):
    """Who comes next. Out of descriptors, it rests and tries again."""
    while True:
        try:
            return await asyncio.get_running_loop().sock_accept(listener)
        except OSError as e:
            if e.errno not in PASSING:
                raise
            print(f"greeter: accept: {e.strerror}: newcomers wait",
                  file=sys.stderr)
            await asyncio.sleep(REST)


async def newcomers(listener, clients, limit):
    # DOC: py-accept
    while True:
        socket, address = await accept(listener)
        peer = spell(address)
        print("connection from", peer)
        task = asyncio.create_task(client(socket, peer, limit))
        clients.add(task)
        task.add_done_callback(clients.discard)
    # END: py-accept


# ---- the program ------------------------------------------------------------


def spell(address):
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def duration(text):
    match = re.fullmatch(r"([0-9]+)(ms|s|m)", text)
    if not match:
        raise argparse.ArgumentTypeError(
            f"not '{text}'; such as 250ms, 2s or 5m")
    return int(match[1]) * {"ms": 0.001, "s": 1, "m": 60}[match[2]]


def endpoint(text):
    match = re.fullmatch(r"\[?([^]]*)\]?:([0-9]{1,5})", text)
    if not match:
        raise argparse.ArgumentTypeError(f"not '{text}'")
    return match[1], int(match[2])


def options():
    parser = argparse.ArgumentParser(description="The greeter on asyncio.")
    parser.add_argument("--listen", type=endpoint, metavar="ADDR:PORT",
                        default=("127.0.0.1", 6142),
                        help="where to listen; port 0 picks one")
    parser.add_argument("--idle-timeout", type=duration, metavar="TIME",
                        help="hang up on who has not finished by then")
    parser.add_argument("--grace", type=duration, metavar="TIME", default=2,
                        help="how long clients go on after a stop signal")
    return parser.parse_args()


def listen(address):
    family = sockets.AF_INET6 if ":" in address[0] else sockets.AF_INET
    listener = sockets.create_server(address, family=family, backlog=4096)
    listener.setblocking(False)
    return listener


async def serve(given):
    stops = asyncio.Queue()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(
            number, stops.put_nowait, number)
    clients = set()
    with listen(given.listen) as listener:
        print("listening on port", listener.getsockname()[1])
        accepting = asyncio.create_task(
            newcomers(listener, clients, given.idle_timeout))
        stop = asyncio.create_task(stops.get())
        await asyncio.wait((accepting, stop),
                           return_when=asyncio.FIRST_COMPLETED)
        if accepting.done():
            accepting.result()  # its error
        accepting.cancel()
        await asyncio.wait((accepting,))

    # Who talks may go on until the grace period is over, or a second signal.
    again = asyncio.create_task(stops.get())
    left = asyncio.gather(*clients, return_exceptions=True)
    await asyncio.wait((left, again), timeout=given.grace,
                       return_when=asyncio.FIRST_COMPLETED)
    again.cancel()
    for task in clients:
        task.cancel()


def main():
    given = options()
    sys.stdout.reconfigure(line_buffering=True)
    try:
        asyncio.run(serve(given))
    except OSError as e:
        print(f"greeter: {spell(given.listen)}: {os.strerror(e.errno)}",
              file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
