/** Says that every answer was looked at as its query is now: see pins.ts. */
import { writeFileSync } from 'node:fs';
import { PINS_FILE, presentPins } from './pins.ts';

const lines = Object.entries(presentPins()).map(
  ([name, hashes]) => `  ${JSON.stringify(name)}: [${hashes.map((hash) => JSON.stringify(hash)).join(', ')}]`,
);
writeFileSync(PINS_FILE, `{\n${lines.join(',\n')}\n}\n`);
