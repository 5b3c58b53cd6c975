import type { Context } from "hono";
import type * as z from "zod";
import { cappedBytes } from "../protocol/capped-bytes.ts";
import { refusal } from "../protocol/errors.ts";
import { fixedLimits } from "../protocol/limits.ts";
import { HttpError } from "./problem.ts";

/** The request's body, read no further than the limit and parsed once. Throws a RequestRefused. */
export async function bodyOf<Schema extends z.ZodType>(
  context: Context,
  schema: Schema,
  maxBytes: number = fixedLimits.maxFrameBytes,
): Promise<z.infer<Schema>> {
  const bytes = await cappedBytes(context.req.raw, maxBytes);
  if (bytes === undefined) {
    throw new HttpError(refusal("too_large", { message: `the body is over ${maxBytes} bytes` }));
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    throw new HttpError(refusal("bad_request", { message: "the body is not JSON in UTF-8" }));
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new HttpError(fieldRefusal("bad_request", parsed.error));
  }
  return parsed.data;
}

/** The request's query. Throws a RequestRefused that names the field. */
export function queryOf<Schema extends z.ZodType>(context: Context, schema: Schema): z.infer<Schema> {
  const parsed = schema.safeParse(context.req.query());
  if (!parsed.success) {
    throw new HttpError(fieldRefusal("out_of_range", parsed.error));
  }
  // One of two values would be a guess.
  const field = Object.keys(parsed.data as object).find(
    (name) => (context.req.queries(name) ?? []).length > 1,
  );
  if (field !== undefined) {
    throw new HttpError(refusal("out_of_range", { field, message: `${field} is given more than once` }));
  }
  return parsed.data;
}

function fieldRefusal(code: "bad_request" | "out_of_range", error: z.ZodError) {
  const field = String(error.issues[0]?.path[0] ?? "body");
  return refusal(code, { field, message: `${field}: ${error.issues[0]?.message ?? "invalid"}` });
}
