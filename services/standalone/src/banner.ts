import { relative } from 'node:path';
import type { Standalone } from './standalone.ts';

/** What `cartledger` looks at when it is told nothing else. */
const DEFAULT_DATA = '.cartledger';

const quoted = (text: string): string =>
  /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The option that leads `cartledger` to this instance from the directory it was started in. */
const dataOption = (data: string): string => (relative(data, DEFAULT_DATA) === '' ? '' : ` --data ${quoted(data)}`);

/** A cart of one mug, now: an event of its own each time the line is run, as a repeated event_id would change nothing. */
const tryIt = (url: string, writeKey: string): string => {
  const event = `{"event_id":"try-'$(date +%s)'","type":"add_to_cart","source":"browser","visitor_id":"me","session_id":"me-'$(date +%F)'","occurred_at":"'$(date -u +%FT%TZ)'"`;
  const cart = '"currency":"EUR","items":[{"product_id":"mug","name":"Mug","quantity":1,"unit_price":1290}]}';
  return [
    `  curl ${url}/v1/events -H 'authorization: Bearer ${writeKey}' -H 'content-type: application/json' \\`,
    `    -d '[${event},${cart}]'`,
  ].join('\n');
};

/** What to do now that it runs, ready to be copied. */
export const banner = (
  { url, adminToken, clickhouseUrl, demo }: Pick<Standalone, 'url' | 'adminToken' | 'clickhouseUrl' | 'demo'>,
  { log, data }: { log: string; data: string },
): string => {
  const lines = [
    '',
    'Cartledger is ready.',
    '',
    `  Dashboard   ${url}/#token=${adminToken}`,
    `  SQL         ${clickhouseUrl} (database analytics)`,
    `  Log         ${log}`,
    '',
  ];
  if (demo) {
    lines.push(
      `  Write key   ${demo.writeKey}   (store ${demo.store_id})`,
      '  Try it:',
      '',
      tryIt(url, demo.writeKey),
      '',
    );
  } else {
    const option = dataOption(data);
    lines.push(
      `  A store:    npx cartledger store create shop --time-zone Europe/Berlin --currency EUR${option}`,
      `  Its key:    npx cartledger keys create --store shop --scope events:write${option}`,
      '',
    );
  }
  lines.push('Ctrl-C stops it.');
  return lines.join('\n');
};
