/** The bare text frames of the heartbeat; the runtime answers them while the object sleeps. */
export const ping = "ping";
export const pong = "pong";
