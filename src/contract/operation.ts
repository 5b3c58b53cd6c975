import type * as z from "zod";
import type { ErrorCode } from "../protocol/errors.ts";
import type { QueryParameter } from "./parameters.ts";

/** An example of a body, under its name. */
export interface Example {
  readonly summary: string;
  readonly value: unknown;
}

export interface Answer {
  readonly description: string;
  /** Its schema's name and an example; an answer that opens a socket has neither. */
  readonly schema?: string;
  readonly example?: unknown;
  /** What a header of it says. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request that REST knows. Its parameters are those of `{…}` in the path and the fields of `query`. */
export interface Operation {
  readonly id: string;
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  /** Whose key opens it. */
  readonly access: "user" | "admin" | "none";
  readonly query?: z.ZodObject;
  /** Parameters of the query that mean something else here than elsewhere. */
  readonly ownParameters?: Readonly<Record<string, QueryParameter>>;
  readonly body?: { readonly schema: string; readonly examples: Readonly<Record<string, Example>> };
  readonly answers: Readonly<Record<number, Answer>>;
  /** What it can be refused with, beside what every request of this access can. */
  readonly errors: readonly ErrorCode[];
}

const ofEvery: readonly ErrorCode[] = ["rate_limited", "internal", "not_configured"];

const ofAccess: Readonly<Record<Operation["access"], readonly ErrorCode[]>> = {
  none: ofEvery,
  // A name may have to be looked up before it is clear who the user is.
  user: [
    ...ofEvery,
    "unauthorized",
    "token_expired",
    "keys_unavailable",
    "archive_unavailable",
    "not_migrated",
  ],
  admin: [...ofEvery, "unauthorized", "origin_refused", "archive_unavailable", "not_migrated"],
};

/** What requests about a conversation can be refused with: its peer. */
export const peerErrors: readonly ErrorCode[] = ["bad_peer", "unknown_peer"];

/** What requests with a body can be refused with. */
export const bodyErrors: readonly ErrorCode[] = ["bad_request", "too_large"];

/** Everything that an operation can be refused with. */
export function errorsOf({ access, errors }: Operation): ReadonlySet<ErrorCode> {
  return new Set([...ofAccess[access], ...errors]);
}
