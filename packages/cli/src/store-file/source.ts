import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

export type Path = readonly PropertyKey[];
export type Problem = { at: { line: number; column: number } | null; text: string };

const MAX_SHOWN = 60;
const SECOND = 'a second document begins here: a file is for one store, give each a file of its own.';

/** A YAML file (JSON is YAML too) whose parts know where they stand. */
export type Source = {
  /** What the file says, as plain values; undefined when it cannot be read. */
  readonly value: unknown;
  /** What is wrong with it as YAML. */
  readonly problems: Problem[];
  /** A sentence about the value at a path, or about the nearest part there is. */
  about(path: Path, reason: string): Problem;
};

/** The node at a path, or the last one on the way there. */
const nodeAt = (document: Document, path: Path): { node: Node | null; key: Node | null; found: boolean } => {
  let node: unknown = document.contents;
  let key: unknown = null;
  for (const step of path) {
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => (isScalar(item.key) ? String(item.key.value) : '') === String(step));
      next = pair?.value ?? pair?.key;
      if (pair) key = pair.key;
    } else if (isSeq(node) && typeof step === 'number') next = node.items[step];
    if (next === undefined) return { node: isNode(node) ? node : null, key: isNode(key) ? key : null, found: false };
    node = next;
  }
  return { node: isNode(node) ? node : null, key: isNode(key) ? key : null, found: true };
};

const isNode = (value: unknown): value is Node => isMap(value) || isSeq(value) || isScalar(value) || isAlias(value);

const field = (path: Path): string =>
  path.map((step, i) => (typeof step === 'number' ? `[${step + 1}]` : `${i === 0 ? '' : '.'}${String(step)}`)).join('');

export const readSource = (text: string): Source => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const problems: Problem[] = [...document.errors, ...document.warnings].map(({ pos, code, message }) => ({
    at: at(pos[0]),
    text: code === 'MULTIPLE_DOCS' ? SECOND : message.replace(/\.?$/, '.'),
  }));
  let value: unknown;
  try {
    if (problems.length === 0) value = document.toJS();
  } catch (error) {
    // An alias of nothing, or aliases that would unfold without end.
    if (!(error instanceof ReferenceError)) throw error;
    problems.push({ at: null, text: `${error.message}.` });
  }

  const shown = (node: Node): string => {
    const [from, to] = node.range ?? [0, 0];
    const words = text.slice(from, to).trim();
    if (words === '' || words.includes('\n')) return '';
    return ` is ${words.length > MAX_SHOWN ? `${words.slice(0, MAX_SHOWN - 3)}...` : words}`;
  };

  return {
    problems,
    value,
    about(path, reason) {
      const { node, key, found } = nodeAt(document, path);
      const place = node ?? key;
      return {
        at: place?.range ? at(place.range[0]) : null,
        text: `${field(path)}${found && node ? shown(node) : ''}: ${reason}.`,
      };
    },
  };
};
