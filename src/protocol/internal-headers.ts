/** What the door tells a conversation of a socket. The door makes these headers itself; a client's are never passed on. */
export const userHeader = "x-pairline-user";
export const expiresHeader = "x-pairline-expires-at-ms";
