/** A user of the past: the id that tokens name, and the display name that people see. */
export interface Member {
  readonly id: string;
  readonly name: string;
}

/** The user whom most journeys follow. She has a conversation with each of the others. */
export const alice: Member = { id: "alice", name: "alice" };

// The newest conversation first. The list shows the first 50.
const names = [
  ["Carol Osei", "Bob Marsh", "Dana Reyes", "Erik Lund", "Fatima Noor", "George Blake", "Hana Sato"],
  ["Ivan Petrov", "Julia Weiss", "Karim Haddad", "Lena Vogel", "Marco Rossi", "Nadia Khan", "Oscar Nilsson"],
  ["Petra Novak", "Quentin Dubois", "Rosa Alvarez", "Sam Lee", "Sam Lee", "Tomas Varga", "Uma Patel"],
  ["Victor Hale", "Wanda Kowalski", "Xavier Moreau", "Yusuf Demir", "Zoe Clarke", "Olga Brandt", "Milo Park"],
  ["Mallory Finch", "Trudy Vane", "Ada Stone", "Ben Okafor", "Clara Jensen", "David Stein", "Elif Kaya"],
  ["Felix Braun", "Greta Holm", "Hugo Martin", "Ines Costa", "Jonas Keller", "Kira Popov", "Liam Walsh"],
  ["Maya Cohen", "Noah Fischer", "Olivia Grant", "Pavel Dvorak", "Rita Lopez", "Stefan Maier", "Tara Singh"],
  ["Umar Farouk", "Vera Lindt", "Walter Koch", "Xenia Roth", "Yara Haddad", "Zlatan Babic", "Anton Reuter"],
  ["Bianca Serra", "Cyril Petit", "Doris Engel", "Emil Sandberg", "Freya Dahl"],
].flat();

export const peers: readonly Member[] = names.map((name, index) => ({ id: `u-${1_001 + index}`, name }));

/** The peer of this display name; of two with the same name the first, unless the other is asked for. */
export function peerNamed(name: string, which = 0): Member {
  const found = peers.filter((peer) => peer.name === name)[which];
  if (found === undefined) {
    throw new Error(`nobody of the past is called ${name}`);
  }
  return found;
}

/** 70 messages of each that Alice has not read. */
export const chatty = peerNamed("Carol Osei");
export const alsoChatty = peerNamed("Emil Sandberg");
export const unreadCount = 70;
/** 20,000 messages, all read. */
export const longstanding = peerNamed("Olga Brandt");
export const longCount = 20_000;
export const muted = peerNamed("Milo Park");
export const archived = peerNamed("Ada Stone");
/** Alice has blocked them. */
export const blockedByAlice = peerNamed("Mallory Finch");
/** They have blocked Alice. */
export const blocksAlice = peerNamed("Trudy Vane");
/** Two people of one display name. */
export const namesakes: readonly [Member, Member] = [peerNamed("Sam Lee"), peerNamed("Sam Lee", 1)];
