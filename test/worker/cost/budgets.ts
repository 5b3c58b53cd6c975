/** What a million of each scenario may cost, in US dollars. Who raises one says why in the commit. */
export const budgets: Readonly<Record<string, number>> = {
  "a message alone, both on inbox sockets": 3.6,
  "a message alone, both on conversation sockets": 3.6,
  "a lively chat on inbox sockets, messages quicker than D1": 2.5,
  // About what it would cost without a pause: what two share saves a row and keeps three objects awake.
  "one of ten messages 150 ms apart, both on inbox sockets": 3.6,
  "a message a second after another, both on inbox sockets": 3.6,
  "a read mark over an inbox socket": 2.6,
  "an hour idle on a native socket, a ping every 30 s": 0,
  // 144 alarms, each with the row of the next.
  "an hour idle on a Socket.IO connection, a ping every 25 s": 170,
  // Twice the session's row in the inbox and the alarm, and the user's presence; at most sixty of a user in a minute.
  "a CONNECT and its DISCONNECT on a Socket.IO session that stays": 5.6,
  "a reconnect of an inbox socket with nothing missed": 1.6,
  "a reconnect of a conversation socket with nothing missed": 4,
  "an older page of 50 messages": 0.5,
};
