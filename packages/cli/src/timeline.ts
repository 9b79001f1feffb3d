import type { Timeline, TimelineEntry } from '@cartledger/funnel';
import type { Client } from './client.ts';
import { type Cell, csv, plain } from './output.ts';
import { wallClock } from './wall-clock.ts';
import { wrapped } from './wrapped.ts';

const isTimeline = (value: unknown): value is Timeline =>
  typeof value === 'object' && value !== null && 'entries' in value && Array.isArray(value.entries);

export const fetchTimeline = async (
  client: Client,
  store: string,
  of: Timeline['of'],
): Promise<{ timeline: Timeline; text: string }> => {
  const path = `/api/v1/stores/${encodeURIComponent(store)}/timeline?${new URLSearchParams(of)}`;
  const text = await (await client.send('GET', path)).text();
  const timeline: unknown = JSON.parse(text);
  if (!isTimeline(timeline)) throw new TypeError(`the server's answer to ${path} is no timeline`);
  return { timeline, text };
};

const COLUMNS = ['at', 'kind', 'what', 'id', 'visitor_id', 'cart_key', 'rule', 'explanation'] as const;

export const timelineCsv = ({ entries }: Timeline): string =>
  csv(
    COLUMNS,
    entries.map((entry) => COLUMNS.map((column): Cell => entry[column])),
  );

const INDENT = ' '.repeat(25);

const what = ({ kind, what: words, id }: TimelineEntry): string =>
  kind === 'state' ? `-> ${words}` : `${words} ${id}`.trim();

/**
 * For a terminal of `width` columns: the time, what happened and its cart on one line, under it the rule that decided it
 * in words. Who did it is said where it is somebody else than before, its cart where it is another than the one asked for.
 */
export const timelineText = ({ of, timezone, as_of, entries }: Timeline, width: number): string => {
  const clock = wallClock(timezone);
  const name = 'visitor_id' in of ? `Visitor ${of.visitor_id}` : `Cart ${of.cart_key}`;
  let visitor = 'visitor_id' in of ? of.visitor_id : '';
  const own = 'cart_key' in of ? of.cart_key : null;
  const lines = [`${name}, times of ${timezone}, as of ${as_of}`];
  for (const entry of entries) {
    if (entry.visitor_id !== visitor) lines.push('', `${INDENT}visitor ${entry.visitor_id}`);
    visitor = entry.visitor_id;
    const cart = entry.cart_key === null || entry.cart_key === own ? '' : `  [cart ${entry.cart_key}]`;
    lines.push('', `${clock(entry.at).padEnd(INDENT.length)}${what(entry)}${cart}`);
    for (const line of wrapped(`${entry.explanation} (${entry.rule})`, Math.max(40, width - INDENT.length)))
      lines.push(INDENT + line);
  }
  return plain(lines.join('\n'));
};
