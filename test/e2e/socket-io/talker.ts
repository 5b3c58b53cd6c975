export type Transports = readonly ("polling" | "websocket")[];

export interface TalkerOptions {
  readonly url: string;
  readonly path: string;
  readonly auth: Readonly<Record<string, string>>;
  readonly transports?: Transports | undefined;
}

/** A Socket.IO client of the field, unmodified, as tests use all of them. */
export interface Talker {
  /** Emits and returns what it is acknowledged with; undefined for nothing. */
  call(name: string, value: object): Promise<unknown>;
  emit(name: string, value: object): void;
  /** The first argument of each event of this name, in order. */
  events(name: string): readonly Readonly<Record<string, unknown>>[];
  /** How often it connected. */
  readonly connects: number;
  /** What its last attempt was refused with. */
  readonly refused: unknown;
  close(): Promise<void>;
}

export type Connect = (options: TalkerOptions) => Promise<Talker>;
