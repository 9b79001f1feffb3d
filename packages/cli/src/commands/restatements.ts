import type { Command } from 'commander';
import { z } from 'zod';
import { createClient } from '../client.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { formatMoney } from '../money.ts';
import { day, type Format, withFormat, withInstance } from '../options.ts';
import { print, say } from '../output.ts';

type Options = InstanceOptions & { store: string; from?: string; to?: string; format: Format };

const COLUMNS = ['day', 'figure', 'from', 'to', 'cause', 'at'] as const;

const answer = z.object({
  restatements: z.array(
    z.object({
      day: z.string(),
      figure: z.string(),
      from: z.string(),
      to: z.string(),
      cause: z.string(),
      at: z.string(),
    }),
  ),
});

/** Of an amount the currency: what is counted of it is none. */
const currencyOf = (figure: string): string | null => {
  const [, currency, what] = /^(?:abandonment|revenue) ([A-Z]{3}) (.+)$/.exec(figure) ?? [];
  if (currency === undefined || what === undefined) return null;
  return /^(orders\.(count|without_cart)|stages\..+\.carts)$/.test(what) ? null : currency;
};

/** Amounts as the reports print them: for people in units of the currency, for programs in minor units. */
const printed = ({ figure }: { figure: string }, value: string, format: Format): string => {
  const currency = format === 'table' ? currencyOf(figure) : null;
  return currency === null ? value : formatMoney(BigInt(value), currency);
};

const restatements = async ({ store, from, to, format, ...instance }: Options): Promise<void> => {
  const client = createClient(await findInstance(instance));
  const query = new URLSearchParams({ ...(from !== undefined && { from }), ...(to !== undefined && { to }) });
  const response = await client.send('GET', `/api/v1/stores/${encodeURIComponent(store)}/restatements?${query}`);
  const { restatements: found } = answer.parse(await response.json());
  if (format === 'table' && found.length === 0) return say('No figure has moved after its day had closed.');
  const unit = format === 'table' ? '' : ' Money is in minor units.';
  say(`${store}: figures of the store's local days that moved after their day had closed.${unit}`);
  print(
    format,
    found,
    COLUMNS.map((name) => ({ name, ...((name === 'from' || name === 'to') && { align: 'right' as const }) })),
    found.map((row) => [
      row.day,
      row.figure,
      ...[row.from, row.to].map((value) => printed(row, value, format)),
      row.cause,
      row.at,
    ]),
  );
};

export const addRestatements = (program: Command): void => {
  withFormat(withInstance(program.command('restatements')))
    .description('list figures that moved after their day had closed: what each was and is, why, and when')
    .requiredOption('--store <id>', 'the store')
    .option('--from <day>', 'first local day of the figures (default: all)', day)
    .option('--to <day>', 'last local day of the figures (default: all)', day)
    .action(restatements);
};
