import { expect, test } from "vitest";
import { conformingWorker } from "./conformance.ts";
import { RawPolling, RawSocket } from "./raw-session.ts";

const server = conformingWorker("slow");
const bytes = new Uint8Array([1, 2, 3]);

test("[SI1] CONNECT is answered with an id of its own, for each namespace that is served", async () => {
  const socket = await RawSocket.joined(server.socketIo, '40{"token":"x"}');
  const { sid: session } = JSON.parse(String(socket.frames[0]).slice(1)) as { sid: string };
  const { sid } = JSON.parse(String(socket.frames[1]).slice(2)) as { sid: string };
  expect(sid).not.toBe(session);
  expect(socket.frames[2]).toBe('42["auth",{"token":"x"}]');
  socket.send('40/custom,{"a":1}');
  expect(await socket.frame(3)).toMatch(/^40\/custom,\{"sid":"[\w-]+"\}$/);
  expect(await socket.frame(4)).toBe('42/custom,["auth",{"a":1}]');
  socket.close();
});

test("[SI1] CONNECT without a payload has an empty one", async () => {
  const socket = await RawSocket.joined(server.socketIo);
  expect(socket.frames[2]).toBe('42["auth",{}]');
  socket.close();
});

test("[SI1] another namespace is refused, and the session goes on", async () => {
  const socket = await RawSocket.open(server.socketIo);
  socket.send("40/random");
  expect(await socket.frame(1)).toBe('44/random,{"message":"Invalid namespace"}');
  socket.send("40");
  expect(await socket.frame(3)).toBe('42["auth",{}]');
  socket.close();
});

test("[SI4][SI6] events and their acknowledgements, text and bytes, on both namespaces", async () => {
  const socket = await RawSocket.joined(server.socketIo);
  socket.send('42["message",1,"2",{"3":[true]}]');
  expect(await socket.frame(3)).toBe('42["message-back",1,"2",{"3":[true]}]');
  socket.send('42456["message-with-ack",1,"2",{"3":[false]}]');
  expect(await socket.frame(4)).toBe('43456[1,"2",{"3":[false]}]');
  socket.send('420["message-with-ack"]');
  expect(await socket.frame(5)).toBe("430[]");
  socket.send('452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
  socket.send(bytes);
  socket.send("bBAUG");
  expect(await socket.frame(8)).toEqual([4, 5, 6]);
  expect(socket.frames.slice(6, 8)).toEqual([
    '452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
    [1, 2, 3],
  ]);
  socket.send('451-7["message-with-ack",{"_placeholder":true,"num":0}]');
  socket.send(bytes);
  expect(await socket.frame(10)).toEqual([1, 2, 3]);
  expect(socket.frames[9]).toBe('461-7[{"_placeholder":true,"num":0}]');
  socket.send(`429007199254740991["message-with-ack"]`);
  expect(await socket.frame(11)).toBe("439007199254740991[]");
  socket.close();
});

test("[SI3] ten attachments are taken", async () => {
  const socket = await RawSocket.joined(server.socketIo);
  const places = Array.from({ length: 10 }, (_, num) => `{"_placeholder":true,"num":${num}}`);
  socket.send(`4510-["message",${places.join(",")}]`);
  places.forEach(() => socket.send(bytes));
  expect(await socket.frame(13)).toEqual([1, 2, 3]);
  socket.close();
});

type Fault = readonly [name: string, frames: readonly (string | Uint8Array<ArrayBuffer>)[]];
const faults: readonly Fault[] = [
  ["a second CONNECT", ["40"]],
  ["an event on a namespace that was not joined", ['42/custom,["message"]']],
  ["CONNECT_ERROR", ['44{"message":"x"}']],
  ["an unknown type", ["49"]],
  ["no JSON", ['42["message"']],
  ["an empty event", ["42[]"]],
  ["an event that is no array", ['42{"message":1}']],
  ["an event without a name", ["42[{}]"]],
  ["a reserved name", ['42["connect"]']],
  ["another reserved name", ['42["disconnecting"]']],
  ["an acknowledgement's id above 2^53 - 1", ['429007199254740992["message-with-ack"]']],
  ["junk behind an acknowledgement's id", ['421x["message-with-ack"]']],
  ["bytes that none announced", [bytes]],
  ["text while attachments are due", ['451-["message",{"_placeholder":true,"num":0}]', '42["message"]']],
  ["a placeholder without its bytes", ['451-["message",{"_placeholder":true,"num":1}]', bytes]],
  ["a placeholder of a wrong number", ['451-["message",{"_placeholder":true,"num":"0"}]', bytes]],
  ["eleven attachments", ['4511-["message",{"_placeholder":true,"num":0}]']],
  ["a number of attachments that is none", ['45x-["message",{"_placeholder":true,"num":0}]']],
];

test.each(faults)("[SI3] %s ends the session", async (_, frames) => {
  const socket = await RawSocket.joined(server.socketIo);
  frames.forEach((frame) => socket.send(frame));
  expect(await socket.closed()).toBe(1000);
  expect(socket.frames).toHaveLength(3);
});

test.each(['42["message"]', "41", "430[]", "40[]", '40"x"'])(
  "[SI3] %j before CONNECT ends the session",
  async (packet) => {
    const socket = await RawSocket.open(server.socketIo);
    socket.send(packet);
    expect(await socket.closed()).toBe(1000);
  },
);

test("[SI3] a client's acknowledgement is of nothing, and harms nothing", async () => {
  const socket = await RawSocket.joined(server.socketIo);
  socket.send("435[1]");
  socket.send('42["message"]');
  expect(await socket.frame(3)).toBe('42["message-back"]');
  socket.close();
});

test("[EN9][SI4] over polling, bytes are base64 and events are the same", async () => {
  const session = await RawPolling.open(server.socketIo);
  await session.post("40");
  await session.next();
  await session.post('451-1["message-with-ack",{"_placeholder":true,"num":0}]\x1ebAQID');
  const packets: string[] = [];
  while (packets.at(-1) !== "bAQID") {
    packets.push(...(await session.next()));
  }
  expect(packets.slice(-2)).toEqual(['461-1[{"_placeholder":true,"num":0}]', "bAQID"]);
});
