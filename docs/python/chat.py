#!/usr/bin/env python3
"""Talk to one user of a Pairline deployment from a terminal.

    npm start                                             # in one terminal
    python3 docs/python/chat.py --user alice --peer bob   # in another
    python3 docs/python/chat.py --user bob --peer alice   # and in a third

Needs python3-socketio 5.7 or newer and aiohttp (Debian: apt-get install python3-socketio python3-aiohttp).
Messages are printed to stdout as `#<seq> <author>: <text>`, everything else to stderr. Each line of stdin is sent; at the
end of stdin the program waits until all lines are stored and ends. Exit code 0: all sent. 1: refused. 2: bad arguments.
"""
import argparse
import asyncio
import collections
import pathlib
import random
import sys
import threading
import uuid

import aiohttp
import socketio

ANSWER_TIMEOUT_S = 10
# Refusals that pass: the same is sent again, under the same id.
PASSING = {"rate_limited", "too_many_conversations", "internal", "archive_unavailable", "keys_unavailable"}
FORBIDDEN = {"unauthorized", "token_expired"}


class Gone(Exception):
    """The connection ended, or is as good as ended, before the answer came."""


class Stopped(Exception):
    """Trying again would not help."""


def tell(text):
    print(f"* {text}", file=sys.stderr, flush=True)


class Chat:
    def __init__(self, peer):
        self.peer = peer
        self.cursor = None  # the newest rev that is shown
        self.newest = 0  # the newest seq that is shown
        self.read = 0
        self.outbox = collections.deque()  # what was typed and is not acknowledged: {id, text, after?}
        self.is_input_over = False
        self.news = asyncio.Event()
        self.refusal = None
        self.sio = None

    # Events. Plain functions, so that they run in the order in which the events came.

    def attach(self, sio):
        """Begins with a new connection."""
        self.sio = sio
        self.is_open, self.is_behind = True, True
        self.waiting, self.answers = [], set()
        sio.on("message", self.on_message)
        sio.on("summary", self.on_summary)
        sio.on("reset", self.on_reset)
        sio.on("error", self.on_error)
        sio.on("connect_error", self.on_connect_error)
        sio.on("disconnect", self.on_disconnect)

    def on_message(self, event):
        if event["peer"] == self.peer:
            # While catching up, a message may be one that was under way before the replay: all of them count together.
            self.waiting.append(event["message"])
            if not self.is_behind:
                self.show_waiting()

    def on_summary(self, event):
        if event["peer"] == self.peer and self.cursor is not None and event["rev"] > self.cursor:
            self.is_behind = True
            self.news.set()

    def on_reset(self, event):
        if event["peer"] == self.peer:
            self.cursor, self.waiting, self.is_behind = None, [], True
            self.news.set()

    def on_error(self, event):
        tell(f"{event['code']}: {event['message']}")
        if event["code"] == "device_limit":
            self.refusal = "device_limit"

    def on_connect_error(self, trouble):
        details = trouble.get("data") if isinstance(trouble, dict) else None
        self.refusal = details.get("code") if isinstance(details, dict) else None

    def on_disconnect(self, *_reason):
        self.is_open = False
        for answer in self.answers:
            if not answer.done():
                answer.set_exception(Gone())
        self.news.set()

    def show_waiting(self, up_to=None):
        """Shows what came, in order. Live messages have revs one above the last; a gap says that something was missed."""
        waiting, self.waiting = sorted(self.waiting, key=lambda message: message["rev"]), []
        for index, message in enumerate(waiting):
            if message["rev"] <= self.cursor:
                continue
            if message["rev"] > self.cursor + 1 and (up_to is None or message["rev"] > up_to):
                self.waiting, self.is_behind = waiting[index:], True
                break
            self.show(message)
        self.news.set()

    def show(self, message):
        self.cursor = max(self.cursor or 0, message["rev"])
        seq, author, text = message["seq"], message["author"], message["text"]
        if "deletedAt" in message:
            print(f"#{seq} {author} deleted this", flush=True)
        elif seq > self.newest or "editedAt" in message:
            print(f"#{seq} {author}: {text}", flush=True)
        self.newest = max(self.newest, seq)
        if author != self.peer and self.outbox and self.outbox[0]["id"] == message["id"]:
            self.outbox.popleft()  # its ack was lost

    # What this side asks for, one after the other.

    async def ask(self, event, arguments):
        """The answer of the server. Raises Gone where none comes."""
        if not self.is_open:
            raise Gone()
        answer = asyncio.get_running_loop().create_future()
        self.answers.add(answer)
        try:
            await self.sio.emit(
                event, arguments, callback=lambda reply=None: answer.done() or answer.set_result(reply)
            )
            reply = await asyncio.wait_for(answer, ANSWER_TIMEOUT_S)
        except (asyncio.TimeoutError, socketio.exceptions.SocketIOError):
            raise Gone() from None
        finally:
            self.answers.discard(answer)
        if not reply["ok"] and reply["code"] in PASSING:
            await asyncio.sleep(reply.get("retryAfterMs", 1000) / 1000)
        return reply

    async def catch_up(self):
        if self.cursor is None:
            reply = await self.ask("history", {"peer": self.peer, "limit": 50})
        else:
            # Brings what is missing as `message` events, or says `reset`, before it is answered.
            reply = await self.ask("sync", {"peer": self.peer, "after": self.cursor})
        if not reply["ok"]:
            return self.stop_unless_passing(reply)
        if "messages" in reply:
            self.cursor = 0
            for message in reply["messages"]:
                self.show(message)
            self.cursor = reply["rev"]
        if self.cursor is not None:
            self.is_behind = False
            self.show_waiting(up_to=reply["rev"])
            self.cursor = max(self.cursor, reply["rev"])

    async def send_first(self):
        """The same id and `after` in every try: so it is stored once, however often the connection breaks."""
        send = self.outbox[0]
        send.setdefault("after", self.cursor)
        reply = await self.ask("send", {"peer": self.peer, **send})
        if reply["ok"] or reply["code"] not in PASSING:
            # Its message may have come first and settled it.
            if self.outbox and self.outbox[0] is send:
                self.outbox.popleft()
        if not reply["ok"] and reply["code"] not in PASSING:
            tell(f"not sent: {send['text']!r}: {reply['code']}: {reply['message']}")

    async def mark_read(self):
        self.read = self.newest
        await self.ask("read", {"peer": self.peer, "seq": self.read})

    def stop_unless_passing(self, reply):
        if reply["code"] not in PASSING:
            raise Stopped(f"{reply['code']}: {reply['message']}")

    async def talk(self):
        """Until all is said, or the connection ends: then it raises Gone."""
        while self.is_open:
            if self.is_behind:
                await self.catch_up()
            elif self.outbox:
                await self.send_first()
            elif self.read < self.newest:
                await self.mark_read()
            elif self.is_input_over:
                return
            else:
                await self.news.wait()
                self.news.clear()
        raise Gone()

    def compose(self, line):
        if line.strip() != "":
            self.outbox.append({"id": str(uuid.uuid4()), "text": line})
            self.news.set()

    def end_input(self):
        self.is_input_over = True
        self.news.set()


def read_lines(loop, chat):
    """Runs in a thread of its own: reading a terminal waits."""
    for line in sys.stdin:
        loop.call_soon_threadsafe(chat.compose, line.rstrip("\n"))
    loop.call_soon_threadsafe(chat.end_input)


async def token_of(options):
    if options.token is not None:
        return options.token
    command = ["npm", "run", "--silent", "token", "--", options.user]
    root = pathlib.Path(__file__).resolve().parents[2]
    process = await asyncio.create_subprocess_exec(*command, cwd=root, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise Stopped("npm run token failed")
    return output.decode().strip()


async def run(options):
    chat = Chat(options.peer)
    reader = threading.Thread(target=read_lines, args=(asyncio.get_running_loop(), chat), daemon=True)
    refused, failures = 0, 0
    async with aiohttp.ClientSession() as http:
        while True:
            # Its own reconnection waits one second for the server's greeting, which is short on a phone.
            sio = socketio.AsyncClient(reconnection=False, http_session=http)
            chat.attach(sio)
            chat.refusal = None
            try:
                auth = {"token": await token_of(options)}
                await sio.connect(
                    options.url,
                    auth=auth,
                    transports=["websocket"],
                    socketio_path=options.path,
                    wait_timeout=ANSWER_TIMEOUT_S,
                )
                tell("connected")
                refused, failures = 0, 0
                if not reader.is_alive() and not chat.is_input_over:
                    reader.start()
                await chat.talk()
                return
            except (Gone, socketio.exceptions.ConnectionError) as error:
                tell(f"not connected: {chat.refusal or str(error) or 'the connection ended'}")
            finally:
                await sio.disconnect()
            refused += 1 if chat.refusal in FORBIDDEN else 0
            if chat.refusal == "device_limit" or refused > (0 if options.token else 1):
                raise Stopped(chat.refusal)
            failures += 1
            await asyncio.sleep(random.uniform(0.1, min(30, 2**failures)))


def arguments():
    parser = argparse.ArgumentParser(description="Talk to one user of a Pairline deployment.")
    parser.add_argument("--url", default="http://127.0.0.1:8787")
    parser.add_argument("--path", default="socket.io", help="where Socket.IO is served (SOCKETIO_PATHS)")
    parser.add_argument("--peer", required=True, help="the id of the user to talk to")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--token", help="a token of your identity service")
    who.add_argument("--user", help="sign in to the local Worker as this user, with `npm run token`")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        asyncio.run(run(arguments()))
    except Stopped as reason:
        tell(str(reason))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
