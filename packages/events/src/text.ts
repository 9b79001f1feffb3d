/** What a string must be to be an id or a text, shared by both parsers as their smallest words. */

/**
 * Ids that a template printed where a value was missing. One of them under a required id would glue strangers
 * together into one visitor, cart or order.
 */
export const JUNK_IDS: ReadonlySet<string> = new Set(['undefined', 'null', 'NaN', '[object Object]', '0', '-']);

/** Whether a string only looks like an id (definitions.md 1): a printed absence, or blank. */
export const isJunkId = (value: string): boolean => JUNK_IDS.has(value) || value.trim() === '';

/** Lone surrogates have no UTF-8 form: two ids that differ only there would become one on the way to the store. */
export const isWellFormed = (value: string): boolean => value.isWellFormed();

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/;

/** Ids are joined with control characters where they make keys (visitor and session), so none may be inside one. */
export const hasControlCharacter = (value: string): boolean => CONTROL_CHARACTER.test(value);

const EMAIL = /[^\s@](?:@|%40)[^\s@]+\.[^\s@]/i;

/** Whether an e-mail address stands in the string, also one escaped for a URL. */
export const hasEmail = (value: string): boolean => EMAIL.test(value);
