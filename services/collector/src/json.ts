import { badText, malformedJson } from './errors.ts';

const WHITESPACE = /[ \t\n\r]*/y;
const LITERAL = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

const end = (pattern: RegExp, text: string, at: number): number | null => {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : null;
};

type Reading = { ok: boolean; at: number };

const readString = (text: string, start: number): Reading => {
  for (let at = start + 1; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return { ok: true, at: at + 1 };
    if (code < 0x20) return { ok: false, at };
    if (code !== 0x5c) at++;
    else {
      const after = end(ESCAPE, text, at);
      if (after === null) return { ok: false, at };
      at = after;
    }
  }
  return { ok: false, at: text.length };
};

/**
 * Where text that JSON.parse refused goes wrong, in UTF-16 units. JSON.parse itself tells for some mistakes only,
 * and quotes the text, which must not get into answers or logs. Uses no stack: nesting may be as deep as it likes.
 */
export const locateJsonError = (text: string): number => {
  const open: ('{' | '[')[] = [];
  let expected: 'value' | 'value or ]' | 'name' | 'name or }' | 'after' = 'value';
  let at = 0;
  for (;;) {
    at = end(WHITESPACE, text, at) ?? at;
    const char = text[at];
    const inside = open.at(-1);
    if (expected === 'after') {
      if (char === ',' && inside !== undefined) {
        expected = inside === '{' ? 'name' : 'value';
        at++;
      } else if ((char === '}' && inside === '{') || (char === ']' && inside === '[')) {
        open.pop();
        at++;
      } else return at;
    } else if (expected === 'name' || expected === 'name or }') {
      if (char === '}' && expected === 'name or }') {
        open.pop();
        expected = 'after';
        at++;
        continue;
      }
      if (char !== '"') return at;
      const name = readString(text, at);
      if (!name.ok) return name.at;
      at = end(WHITESPACE, text, name.at) ?? name.at;
      if (text[at] !== ':') return at;
      at++;
      expected = 'value';
    } else if (char === ']' && expected === 'value or ]') {
      open.pop();
      expected = 'after';
      at++;
    } else if (char === '{' || char === '[') {
      open.push(char);
      expected = char === '{' ? 'name or }' : 'value or ]';
      at++;
    } else if (char === '"') {
      const value = readString(text, at);
      if (!value.ok) return value.at;
      at = value.at;
      expected = 'after';
    } else {
      const after = end(LITERAL, text, at);
      if (after === null) return at;
      at = after;
      expected = 'after';
    }
  }
};

const decoder = new TextDecoder('utf-8', { fatal: true });

const decode = (bytes: Uint8Array): string => {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw badText();
    throw error;
  }
};

/** The JSON in the bytes. Throws `malformed_json` with the place where it goes wrong. */
export const parseJson = (bytes: Uint8Array): unknown => {
  const text = decode(bytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const position = locateJsonError(text);
    const before = text.slice(0, position).split('\n');
    throw malformedJson(position, before.length, (before.at(-1) ?? '').length + 1);
  }
};
