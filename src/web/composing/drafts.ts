import { memoryTextStorage, type TextStorage } from "../browser-storage.ts";
import { mergeTexts } from "./merge.ts";

/** An edit that was typed and not saved. */
export interface EditDraft {
  readonly seq: number;
  /** The message's id, as far as it is known: after a reset another message may have its number. */
  readonly id?: string;
  readonly text: string;
  /** The `rev` that the message had when editing began. */
  readonly after: number;
  /** The code with which the server refused it. */
  readonly code?: string;
}

/** Calls the listener with the key of each entry that another tab changes. Returns what ends it. */
export type WatchStorage = (onChange: (key: string) => void) => () => void;

/** What a user has typed and not sent: a new message for each conversation, an edit for each message. */
export class Drafts {
  readonly #storage: TextStorage;
  readonly #user: string;
  readonly #listeners = new Set<() => void>();
  readonly #unwatch: () => void;

  constructor(storage: TextStorage, user: string, watch: WatchStorage = () => () => {}) {
    this.#storage = storage;
    this.#user = encodeURIComponent(user);
    this.#unwatch = watch((key) => {
      if (key.startsWith(this.#key("draft", "")) || key.startsWith(this.#key("edits", ""))) {
        this.#changed();
      }
    });
  }

  /** What was typed is not kept over a reload. */
  get hasRefused(): boolean {
    return this.#storage.hasRefused;
  }

  get(peer: string): string {
    return this.#storage.getItem(this.#key("draft", peer)) ?? "";
  }

  set(peer: string, text: string): void {
    this.#write(this.#key("draft", peer), text.trim() === "" ? undefined : text);
  }

  /** Puts a text below what is typed already. */
  add(peer: string, text: string): void {
    this.set(peer, mergeTexts({ base: "", mine: text, theirs: this.get(peer) }));
  }

  edits(peer: string): readonly EditDraft[] {
    return parsedEdits(this.#storage.getItem(this.#key("edits", peer)));
  }

  edit(peer: string, seq: number): EditDraft | undefined {
    return this.edits(peer).find((edit) => edit.seq === seq);
  }

  setEdit(peer: string, edit: EditDraft): void {
    this.#writeEdits(peer, [...this.#editsWithout(peer, edit.seq), edit]);
  }

  /** An edit was refused. Another one of the same message that was typed meanwhile stays too. */
  addRefusedEdit(peer: string, edit: EditDraft): void {
    const typed = this.edit(peer, edit.seq)?.text ?? "";
    this.setEdit(peer, { ...edit, text: mergeTexts({ base: "", mine: typed, theirs: edit.text }) });
  }

  dropEdit(peer: string, seq: number): void {
    if (this.edit(peer, seq) !== undefined) {
      this.#writeEdits(peer, this.#editsWithout(peer, seq));
    }
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#unwatch();
  }

  #editsWithout(peer: string, seq: number): EditDraft[] {
    return this.edits(peer).filter((edit) => edit.seq !== seq);
  }

  #writeEdits(peer: string, edits: readonly EditDraft[]): void {
    this.#write(this.#key("edits", peer), edits.length === 0 ? undefined : JSON.stringify(edits));
  }

  #write(key: string, value: string | undefined): void {
    if (value === undefined) {
      this.#storage.removeItem(key);
    } else {
      this.#storage.setItem(key, value);
    }
    this.#changed();
  }

  #changed(): void {
    this.#listeners.forEach((listener) => listener());
  }

  #key(kind: "draft" | "edits", peer: string): string {
    return `pairline/${kind}/${this.#user}/${encodeURIComponent(peer)}`;
  }
}

/** Drafts of a user whose id is not known, kept while the page lives. */
export function memoryDrafts(): Drafts {
  return new Drafts(memoryTextStorage(), "");
}

/** What another version of the page, or another script, left under the key is no reason to fail. */
function parsedEdits(json: string | null): readonly EditDraft[] {
  try {
    const edits: unknown = JSON.parse(json ?? "[]");
    return Array.isArray(edits) ? edits.filter(isEdit) : [];
  } catch {
    return [];
  }
}

function isEdit(value: unknown): value is EditDraft {
  const { seq, text, after } = (value ?? {}) as Partial<EditDraft>;
  return typeof seq === "number" && typeof text === "string" && typeof after === "number";
}
