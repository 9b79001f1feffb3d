import { readFile } from 'node:fs/promises';
import { FX_SOURCE_PATTERN } from '@cartledger/control';
import { createProgress } from '@cartledger/service';
import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { createClient } from '../client.ts';
import { CliError } from '../errors.ts';
import { readFxFile } from '../fx-file.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { type Format, withFormat, withInstance } from '../options.ts';
import { print, say } from '../output.ts';

const BATCH_RATES = 5_000;
const SHOWN_PROBLEMS = 20;

const sourceName = (text: string): string => {
  if (FX_SOURCE_PATTERN.test(text)) return text;
  throw new InvalidArgumentError('give a name of up to 64 of A-Z a-z 0-9 _ . -, such as ecb.');
};

const importRates = async (
  file: string,
  { source, ...instance }: InstanceOptions & { source: string },
): Promise<void> => {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CliError(`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
  const read = readFxFile(file, text, source);
  if ('problems' in read) {
    const { problems } = read;
    const more = problems.length > SHOWN_PROBLEMS ? [`... and ${problems.length - SHOWN_PROBLEMS} more`] : [];
    throw new CliError([...problems.slice(0, SHOWN_PROBLEMS), ...more, 'No rate was stored.'].join('\n'), {
      exitStatus: 2,
    });
  }
  const { rates } = read;
  const client = createClient(await findInstance(instance));
  const progress = createProgress('Storing rates', rates.length);
  for (let done = 0; done < rates.length; done += BATCH_RATES) {
    const response = await client.send('POST', '/api/v1/fx-rates', { json: rates.slice(done, done + BATCH_RATES) });
    await response.body?.cancel();
    progress.update(Math.min(done + BATCH_RATES, rates.length), '');
  }
  progress.end();
  say(
    `${rates.length === 1 ? '1 rate' : `${rates.length} rates`} of ${source} stored. Stores whose fx_source is ${source} convert their totals by them.`,
  );
};

const listed = z.object({
  rates: z.array(
    z.object({
      source: z.string(),
      currency: z.string(),
      base: z.string(),
      days: z.number(),
      from: z.string(),
      to: z.string(),
      rate: z.string(),
    }),
  ),
});

const listRates = async ({ format, ...instance }: InstanceOptions & { format: Format }): Promise<void> => {
  const client = createClient(await findInstance(instance));
  const { rates } = listed.parse(await (await client.send('GET', '/api/v1/fx-rates')).json());
  print(
    format,
    rates,
    [
      { name: 'source' },
      { name: 'currency' },
      { name: 'base' },
      { name: 'days', align: 'right' },
      { name: 'from' },
      { name: 'to' },
      { name: 'last_rate', align: 'right' },
    ],
    rates.map(({ source, currency, base, days, from, to, rate }) => [source, currency, base, days, from, to, rate]),
  );
};

const HELP = `
The file has a line for each day and currency; the rate is what one unit of the currency is worth in units of the base:

  day,currency,base,rate
  2026-11-20,USD,EUR,0.8623
  2026-11-20,JPY,EUR,0.0055

All lines are checked first: nothing is stored of a file that has a wrong one. A day without a rate of its own has none.`;

export const addFx = (program: Command): void => {
  const fx = program.command('fx').description('rates of exchange, by which totals are converted');
  withInstance(fx.command('import').argument('<file.csv>', 'columns day, currency, base, rate'))
    .description('store rates; importing again replaces them')
    .requiredOption('--source <name>', 'whose rates they are, as stores name it in fx_source', sourceName)
    .addHelpText('after', HELP)
    .action(importRates);
  withFormat(withInstance(fx.command('list')))
    .description('list which rates are there')
    .action(listRates);
};
