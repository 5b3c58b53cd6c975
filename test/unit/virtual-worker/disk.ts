import { SqliteD1 } from "../sqlite-d1.ts";
import { SqliteStorage } from "../sqlite-storage.ts";

/** What is durable of one object. */
export class ObjectDisk {
  readonly kv = new Map<string, unknown>();
  readonly #isMarked: boolean;
  #kvBefore: readonly (readonly [string, unknown])[] = [];
  #sqlite: SqliteStorage | undefined;

  constructor(isMarked: boolean) {
    this.#isMarked = isMarked;
  }

  /** Most objects never use it. */
  get sqlite(): SqliteStorage {
    if (this.#sqlite === undefined) {
      this.#sqlite = new SqliteStorage();
      if (this.#isMarked) {
        this.#sqlite.mark();
      }
    }
    return this.#sqlite;
  }

  mark(): void {
    this.#kvBefore = structuredClone(Array.from(this.kv));
    this.#sqlite?.mark();
  }

  rollBack(): void {
    this.kv.clear();
    this.#kvBefore.forEach(([key, value]) => this.kv.set(key, structuredClone(value)));
    this.#sqlite?.rollBack();
  }
}

/** Everything durable of a deployment. Once marked, each run on it can be undone, which is faster than to make it anew. */
export class Disk {
  readonly d1 = new SqliteD1();
  readonly #objects = new Map<string, ObjectDisk>();
  #isMarked = false;

  of(object: string): ObjectDisk {
    const disk = this.#objects.get(object) ?? new ObjectDisk(this.#isMarked);
    this.#objects.set(object, disk);
    return disk;
  }

  mark(): void {
    this.#isMarked = true;
    this.d1.mark();
    this.#objects.forEach((object) => object.mark());
  }

  rollBack(): void {
    this.#isMarked = false;
    this.d1.rollBack();
    this.#objects.forEach((object) => object.rollBack());
  }
}
