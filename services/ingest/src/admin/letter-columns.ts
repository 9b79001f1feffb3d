/** Numbers kept of a letter. */
const LETTER_FIELDS = [
  'deadPartition',
  'deadOffset',
  'setAsideAt',
  'epoch',
  'partition',
  'offset',
  'code',
  'field',
  'store',
  'bytes',
  'isStub',
  // Of the visitor's and the customer's hash 32 bits each, all 0 where there is none; then when it happened.
  'visitorHigh',
  'visitorLow',
  'customerHigh',
  'customerLow',
  'at',
] as const;
type Field = (typeof LETTER_FIELDS)[number];
type LetterNumbers = Record<Field, number>;

const STRIDE = LETTER_FIELDS.length;
const CHUNK = 4_096;
const SLOT = Object.fromEntries(LETTER_FIELDS.map((field, slot) => [field, slot]));

/** Rows of numbers, 8 bytes each: a million letters are 128 MB where objects would be several times as much. */
export const createLetterColumns = () => {
  const chunks: Float64Array[] = [];
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(row: LetterNumbers): void {
      if (length % CHUNK === 0) chunks.push(new Float64Array(CHUNK * STRIDE));
      const start = (length % CHUNK) * STRIDE;
      chunks.at(-1)?.set(
        LETTER_FIELDS.map((field) => row[field]),
        start,
      );
      length += 1;
    },
    get: (index: number, field: Field): number =>
      chunks[Math.floor(index / CHUNK)]?.[(index % CHUNK) * STRIDE + (SLOT[field] ?? 0)] ?? 0,
  };
};

/** Texts as numbers: there are few, and each letter would name them again. */
export const createDictionary = () => {
  const numbers = new Map<string, number>();
  const texts: string[] = [];
  return {
    numberOf(text: string): number {
      const known = numbers.get(text);
      if (known !== undefined) return known;
      numbers.set(text, texts.length);
      return texts.push(text) - 1;
    },
    /** Null: no letter has it. */
    find: (text: string): number | null => numbers.get(text) ?? null,
    textOf: (number: number): string => texts[number] ?? '',
  };
};
