/** JSON in which whole numbers of any size are plain integers: bigints out and in, never through a float. */

declare global {
  interface JSON {
    /** ECMAScript's JSON.rawJSON, which the compiler's libraries do not know yet. */
    rawJSON(text: string): object;
  }
}

export const stringifyExact = (value: unknown, indent?: number): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? JSON.rawJSON(String(part)) : part), indent);

/** Integers past 2^53 become bigints; all else is as JSON.parse gives it. */
export const parseExact = (text: string): unknown =>
  JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
      ? BigInt(context?.source ?? 0)
      : value,
  );
