import { errorCatalogue, errorCodes, type ErrorCode } from "../protocol/errors.ts";
import { errorAdvice } from "./error-advice.ts";

export interface ErrorRow {
  readonly code: ErrorCode;
  readonly status: number;
  readonly closeCode: number;
  readonly title: string;
  /** What a client does about it. */
  readonly advice: string;
}

/** Every error of the catalogue, with both its faces. */
export const errorTable: readonly ErrorRow[] = errorCodes.map((code) => ({
  code,
  ...errorCatalogue[code],
  advice: errorAdvice[code],
}));
