import { app } from "./http/app.ts";

export { ConversationObject as Conversation } from "./conversation/object.ts";
export { InboxObject as Inbox } from "./inbox/object.ts";
export { SocketIoSessionObject as SocketIoSession } from "./socketio/object.ts";

export default app;
