import * as z from "zod";
import { errorCatalogue, errorCodes, type Refusal } from "./errors.ts";
import { countSchema } from "./identity.ts";

export const errorCodeSchema = z.enum(errorCodes);

/** Problem details (RFC 9457) as `application/problem+json`. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: errorCodeSchema,
  detail: z.string(),
  field: z.string().optional(),
  retryAfterMs: countSchema.optional(),
  /** What the log calls the request. */
  requestId: z.string().optional(),
});
export type Problem = z.infer<typeof problemSchema>;

export function problemFrom({ code, message, field, retryAfterMs }: Refusal, requestId?: string): Problem {
  const { status, title } = errorCatalogue[code];
  return {
    type: `urn:pairline:error:${code}`,
    title,
    status,
    code,
    detail: message,
    ...(field !== undefined && { field }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(requestId !== undefined && { requestId }),
  };
}
