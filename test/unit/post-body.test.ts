import { expect, test } from "vitest";
import { maxPostBytes, maxPostPackets, readPost } from "../../src/socketio/engine/post-body.ts";

const maxPacketBytes = 65_536;

const readBody = (body: string | Uint8Array<ArrayBuffer>) =>
  readPost(new Request("https://session/", { method: "POST", body }), maxPacketBytes);
const read = (packets: readonly string[]) => readBody(packets.join("\x1e"));
const tooLarge = { refused: "too_large" };

/** Packets that have this many bytes together, separators counted. */
function packetsOf(bytes: number): string[] {
  const size = 32_767;
  const whole = Math.floor((bytes + 1) / (size + 1));
  const rest = bytes - whole * (size + 1);
  return [...Array.from({ length: whole }, () => "x".repeat(size)), ...(rest < 0 ? [] : ["x".repeat(rest)])];
}

test("[EN8] a post may have 1 MiB, and not one byte more", async () => {
  expect(maxPostBytes).toBe(1_048_576);
  const packets = packetsOf(maxPostBytes);
  expect(await read(packets)).toEqual({ text: packets.join("\x1e") });
  expect(await read(packetsOf(maxPostBytes + 1))).toEqual(tooLarge);
});

test("[EN8] a post may have 1,000 packets, and not one more", async () => {
  expect(maxPostPackets).toBe(1_000);
  const packets = Array.from({ length: 1_000 }, (_, index) => `4${index}`);
  expect(await read(packets)).toEqual({ text: packets.join("\x1e") });
  expect(await read([...packets, "4"])).toEqual(tooLarge);
});

test.each([0, 1, 2])("[EN8] each packet may have its limit in bytes of UTF-8, packet %i too", async (at) => {
  const packets = (packet: string) => ["4a", "4b", "4c"].with(at, packet);
  for (const full of ["x".repeat(maxPacketBytes), "é".repeat(maxPacketBytes / 2)]) {
    expect(await read(packets(full))).toEqual({ text: packets(full).join("\x1e") });
    expect(await read(packets(`${full}x`))).toEqual(tooLarge);
  }
});

test("[EN8] an empty post is one empty packet", async () => {
  expect(await read([""])).toEqual({ text: "" });
});

test.each([
  ["Latin-1", [0x34, 0x32, 0xe9]],
  ["half a character", [0x34, 0x32, 0xe2, 0x82]],
  ["a surrogate", [0x34, 0x32, 0xed, 0xa0, 0x80]],
  ["an overlong separator", [0x34, 0xc0, 0x9e]],
])("[EN7][SE8] a post with %s is refused, not read as another text", async (_, bytes) => {
  expect(await readBody(new Uint8Array(bytes))).toEqual({ refused: "not_utf8" });
});
