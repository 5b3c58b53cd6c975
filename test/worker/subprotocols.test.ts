import { expect, test } from "vitest";
import { conversationUrl, freshUsers, origin, socketOf, tokenFor, worker } from "./clients.ts";

const places = {
  "a conversation's socket": (peer: string) => conversationUrl(peer, "/socket"),
  "an inbox socket": () => `${origin}/v1/socket`,
  "a Socket.IO session": () => `${origin}/socket.io/?EIO=4&transport=websocket`,
};

async function answeredTo(url: string, token: string, offered: string): Promise<string | null> {
  const response = await worker.fetch(url, {
    headers: { upgrade: "websocket", authorization: `Bearer ${token}`, "sec-websocket-protocol": offered },
  });
  const socket = socketOf(response);
  socket.accept();
  socket.close(1000);
  return response.headers.get("sec-websocket-protocol");
}

test.each(Object.entries(places))(
  "[AD5][EN1] %s answers a subprotocol that was offered, and never a token",
  async (_name, urlOf) => {
    const { a, b } = freshUsers();
    const token = await tokenFor(a);
    const answered = (offered: string) => answeredTo(urlOf(b), token, offered);
    expect(await answered("a")).toBe("a");
    expect(await answered(`bearer.${token}, a, b`)).toBe("a");
    expect(await answered(`Bearer.${token}, b`)).toBe("b");
    expect(await answered("a, pairline.v1")).toBe("pairline.v1");
    expect(await answered(`bearer.${token}`)).toBeNull();
    expect(await answered("not a name")).toBeNull();
  },
);

test("[AD5][EN6] a WebSocket that takes over a polling session answers its subprotocol too", async () => {
  const { a } = freshUsers();
  const opened = await (await worker.fetch(`${origin}/socket.io/?EIO=4&transport=polling`)).text();
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
  const url = `${origin}/socket.io/?EIO=4&transport=websocket&sid=${sid}`;
  expect(await answeredTo(url, await tokenFor(a), "a")).toBe("a");
});
