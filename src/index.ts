import { app } from "./http/app.ts";

export { Conversation } from "./conversation/conversation-object.ts";
export { Inbox } from "./inbox/inbox-object.ts";
export { SocketIoSession } from "./socketio/session-object.ts";

export default app;
