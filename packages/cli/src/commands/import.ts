import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { DIALECTS, type DialectName } from '@cartledger/dialects';
import { createProgress } from '@cartledger/service';
import { type Command, Option } from 'commander';
import { createClient } from '../client.ts';
import { CliError } from '../errors.ts';
import { createImporter, type ImportCounts } from '../importer.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { withInstance } from '../options.ts';
import { say } from '../output.ts';
import { fetchAsOf } from '../reports.ts';
import { fetchStore } from '../stores.ts';

type Options = InstanceOptions & { store: string; format: DialectName; currency?: string; wait: boolean };

const SHOWN_PROBLEMS = 20;
const WAIT_STEP_MS = 200;
const WAIT_LIMIT_MS = 10 * 60_000;

const sizeOf = async (file: string): Promise<number> => {
  const found = await stat(file).catch((cause: unknown) => {
    throw new CliError(`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
  if (!found.isFile()) throw new CliError(`${file} is no file`);
  return found.size;
};

/** Counts the bytes that went by, for the progress bar. */
const counted = async function* (file: string, seen: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(file)) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a file stream gave text');
    seen(chunk.byteLength);
    yield chunk;
  }
};

const importFiles = async (files: string[], { store, format, currency, wait, ...instance }: Options): Promise<void> => {
  const client = createClient(await findInstance(instance));
  // A store that is not there would be told of line by line, however many there are.
  await fetchStore(client, store);
  const sizes = await Promise.all(files.map(sizeOf));
  const progress = createProgress(
    'Importing',
    sizes.reduce((sum, size) => sum + size, 0),
  );
  let bytes = 0;
  const total: ImportCounts = { sent: 0, accepted: 0, problems: 0, finishedAt: 0 };
  const problems: string[] = [];
  for (const file of files) {
    const importer = createImporter(client, (message) => {
      if (problems.length < SHOWN_PROBLEMS) problems.push(`${file}: ${message}`);
    });
    const input = counted(file, (n) => {
      bytes += n;
    });
    for await (const converted of DIALECTS[format](input, { store_id: store, ...(currency && { currency }) })) {
      await importer.take(converted);
      progress.update(bytes, `${total.sent + importer.counts.sent} events`);
    }
    await importer.flush();
    total.sent += importer.counts.sent;
    total.accepted += importer.counts.accepted;
    total.problems += importer.counts.problems;
    total.finishedAt = importer.counts.finishedAt;
  }
  progress.end();
  for (const problem of problems) say(problem);
  if (total.problems > problems.length) say(`... and ${total.problems - problems.length} more`);
  say(
    `${total.accepted} ${total.accepted === 1 ? 'event' : 'events'} taken in, ${total.problems} not (repeated deliveries count once in every report).`,
  );
  if (wait && total.accepted > 0) {
    const limit = Date.now() + WAIT_LIMIT_MS;
    // Answered times have whole seconds.
    while ((await fetchAsOf(client, store)) < total.finishedAt + 1_000) {
      if (Date.now() > limit) throw new CliError('the reports have not caught up yet; see /readyz of the instance');
      await delay(WAIT_STEP_MS);
    }
    say('The reports include them.');
  }
  if (total.problems > 0)
    throw new CliError(
      total.problems === 1
        ? '1 line was not taken in; mend and import it again'
        : `${total.problems} lines were not taken in; mend and import them again`,
    );
};

export const addImport = (program: Command): void => {
  withInstance(program.command('import').argument('<file...>', 'files to load'))
    .description('load history; importing the same file again changes nothing')
    .requiredOption('--store <id>', 'the store')
    .addOption(
      new Option('--format <format>', 'what the files hold').choices(Object.keys(DIALECTS)).makeOptionMandatory(),
    )
    .option('--currency <code>', 'of the amounts, where the format says none (rees46: USD)')
    .option('--no-wait', 'do not wait until the reports include the events')
    .action(importFiles);
};
