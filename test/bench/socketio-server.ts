// What Pairline is measured against: a plain Socket.IO server on Node. It commits each message to SQLite, synced to
// disk, before it passes it on and acknowledges it. Prints its port.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Server } from "socket.io";

const database = new DatabaseSync(join(process.argv[2] ?? ".", "messages.sqlite"));
database.exec(`
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE messages (seq INTEGER PRIMARY KEY, room TEXT NOT NULL, id TEXT NOT NULL, text TEXT NOT NULL);
`);
const insert = database.prepare("INSERT INTO messages (room, id, text) VALUES (?, ?, ?)");

const http = createServer();
const server = new Server(http, { transports: ["websocket"], perMessageDeflate: false });
server.on("connection", (socket) => {
  const room = String(socket.handshake.query["room"]);
  void socket.join(room);
  socket.on("send", (message: { id: string; text: string }, acknowledge: (receipt: object) => void) => {
    const { lastInsertRowid } = insert.run(room, message.id, message.text);
    const seq = Number(lastInsertRowid);
    socket.to(room).emit("message", { ...message, seq });
    acknowledge({ seq });
  });
});
http.listen(0, "127.0.0.1", () => process.send?.((http.address() as AddressInfo).port));
process.on("disconnect", () => process.exit(0));
