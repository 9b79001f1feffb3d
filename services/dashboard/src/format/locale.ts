/** The interface speaks English, so its numbers do too, the same on every machine a link is opened on. */
export const LOCALE = 'en-GB';
/** Shown where a number is not defined (nothing to divide by). */
export const NONE = '–';
const MINUS = '−';
export const withMinus = (text: string): string => text.replace(/^-/, MINUS);
