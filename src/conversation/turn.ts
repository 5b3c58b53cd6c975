/** What a turn needs: a way to run later in the same event loop turn, a gate, and the commit. */
interface TurnPorts<Entry> {
  /** Runs the callback once everything that arrives in this turn is here (`setTimeout(0)`). */
  readonly defer: (run: () => void) => void;
  /** What the entries must wait for, or undefined where nothing stands in their way. */
  readonly gate: (entries: readonly Entry[]) => Promise<void> | undefined;
  /** Stores the entries and tells everyone. Never throws. */
  readonly commit: (entries: readonly Entry[]) => void;
}

/** Group commit: collects what arrives in one turn of the event loop and commits it together, in order of arrival. */
export class Turn<Entry> {
  readonly #ports: TurnPorts<Entry>;
  #entries: Entry[] = [];
  #busy = false;

  constructor(ports: TurnPorts<Entry>) {
    this.#ports = ports;
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    if (!this.#busy) {
      this.#busy = true;
      this.#ports.defer(() => this.#run());
    }
  }

  #run(): void {
    const entries = this.#entries;
    this.#entries = [];
    const gate = this.#ports.gate(entries);
    if (gate === undefined) {
      this.#finish(entries);
    } else {
      void gate.catch(() => undefined).then(() => this.#finish(entries));
    }
  }

  #finish(entries: readonly Entry[]): void {
    this.#ports.commit(entries);
    this.#busy = this.#entries.length > 0;
    if (this.#busy) {
      this.#ports.defer(() => this.#run());
    }
  }
}
