"""Debian's python-socketio, driven by lines of JSON on stdin and telling what happens as lines of JSON on stdout."""
import asyncio
import json
import sys

import socketio


def tell(**what):
    print(json.dumps(what), flush=True)


async def main():
    options = json.loads(sys.stdin.readline())
    client = socketio.AsyncClient(reconnection_delay=0.2, reconnection_delay_max=1)

    @client.on("*")
    def any_event(event, *args):
        tell(event=event, args=list(args))

    @client.event
    def connect():
        tell(connected=client.transport())

    @client.event
    def connect_error(data):
        tell(refused=data)

    @client.event
    def disconnect():
        tell(disconnected=True)

    async def call(id, name, value):
        try:
            tell(id=id, answer=await client.call(name, value, timeout=60))
        except Exception as error:
            tell(id=id, failed=repr(error))

    try:
        await client.connect(
            options["url"],
            auth=options["auth"],
            transports=options["transports"],
            socketio_path=options["path"],
            wait_timeout=2,
        )
    except socketio.exceptions.ConnectionError as error:
        tell(gaveUp=str(error))
        return

    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        command = json.loads(line)
        if command["do"] == "call":
            asyncio.create_task(call(command["id"], command["name"], command["value"]))
        elif command["do"] == "emit":
            await client.emit(command["name"], command["value"])
        elif command["do"] == "transport":
            tell(transport=client.transport())
    await client.disconnect()


asyncio.run(main())
