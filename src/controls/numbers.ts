/** The numbers that resource controls take: wide enough for any unit, narrow enough that no sum or product leaves f64. */

/** Shares lie between this and its inverse; amounts of MHz between 0 and its inverse. */
const SMALLEST = 1e-100;
const LARGEST = 1e100;

/** What a fault says of a value. */
export function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** @returns what is expected instead, or undefined if these are shares */
export function sharesFault(value: unknown): string | undefined {
  if (typeof value === "number" && value >= SMALLEST && value <= LARGEST) return undefined;
  return typeof value === "number" && value > 0
    ? "expected a number from 1e-100 to 1e100"
    : "expected a number above 0";
}

/** @returns what is expected instead, or undefined if this is an amount: from 0, not infinite */
export function amountFault(value: unknown): string | undefined {
  if (typeof value === "number" && value >= 0 && value <= LARGEST) return undefined;
  return typeof value === "number" && value > LARGEST
    ? "expected a number up to 1e100"
    : "expected a number from 0";
}

/** As `amountFault`, for what may be without end. */
export function boundFault(value: unknown): string | undefined {
  return value === Number.POSITIVE_INFINITY ? undefined : amountFault(value);
}
