/** Says that every answer was looked at as its query is now: see pins.ts. */
import { writeFileSync } from 'node:fs';
import { PINS_FILE, presentPins } from './pins.ts';

writeFileSync(PINS_FILE, `${JSON.stringify(presentPins(), null, 2)}\n`);
