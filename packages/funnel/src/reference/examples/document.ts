/** The examples of docs/definitions.md and where they stand in it. */
import { CARTS } from './carts.ts';
import { FUNNELS } from './funnels.ts';
import { OPENINGS } from './openings.ts';
import { ORDERS } from './orders.ts';
import { REVENUE } from './revenue.ts';
import { STANDING } from './standing.ts';
import { TIME } from './time.ts';

const EXAMPLES: Readonly<Record<string, () => string>> = {
  ...TIME,
  ...ORDERS,
  ...CARTS,
  ...OPENINGS,
  ...FUNNELS,
  ...REVENUE,
  ...STANDING,
};

const EXAMPLE = /<!-- example: (?<name>[a-z-]+) -->\n[\s\S]*?<!-- \/example -->/g;

/** The document with every example made anew. Throws for a name that is no example, and for an example without a place. */
export const withExamples = (document: string): string => {
  const shown = new Set<string>();
  const written = document.replace(EXAMPLE, (_, name: string) => {
    const example = EXAMPLES[name];
    if (example === undefined) throw new Error(`docs/definitions.md names an example that does not exist: ${name}`);
    shown.add(name);
    return `<!-- example: ${name} -->\n\n${example()}\n\n<!-- /example -->`;
  });
  const left = Object.keys(EXAMPLES).filter((name) => !shown.has(name));
  if (left.length > 0) throw new Error(`docs/definitions.md has no place for the examples ${left.join(', ')}`);
  return written;
};
