import type { Standalone } from './standalone.ts';

/** What to do now that it runs, ready to be copied. */
export const banner = ({ url, adminToken, clickhouseUrl, demo }: Standalone, log: string): string => {
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
    const event = {
      event_id: 'try-1',
      type: 'add_to_cart',
      visitor_id: 'me',
      occurred_at: '$(date -u +%FT%TZ)',
      currency: 'EUR',
      items: [{ product_id: 'mug', quantity: 1, unit_price: 1290 }],
    };
    const body = JSON.stringify([event]).replace('"$(date', '"\'$(date').replace('%FT%TZ)"', '%FT%TZ)\'"');
    lines.push(
      `  Write key   ${demo.writeKey}   (store ${demo.store_id})`,
      '  Try it:',
      '',
      `  curl ${url}/v1/events -H 'authorization: Bearer ${demo.writeKey}' -H 'content-type: application/json' \\`,
      `    -d '${body}'`,
      '',
    );
  } else {
    lines.push(
      '  A store:    npx cartledger store create shop --time-zone Europe/Berlin --currency EUR',
      '  Its key:    npx cartledger keys create --store shop --scope events:write',
      '',
    );
  }
  lines.push('Ctrl-C stops it.');
  return lines.join('\n');
};
