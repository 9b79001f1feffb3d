import { setTimeout as delay } from 'node:timers/promises';
import { createProgress } from '@cartledger/service';
import { type Command, Option } from 'commander';
import { type Client, createClient } from '../client.ts';
import {
  beginReplay,
  continueReplay,
  fetchLetter,
  fetchLetters,
  fetchReplays,
  type Letter,
  type LetterChoice,
  type Replay,
} from '../dead-letters.ts';
import { CliError } from '../errors.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { countsText, lettersTable, letterText } from '../letter-text.ts';
import { moment } from '../moment.ts';
import { count, type Format, withFormat, withInstance } from '../options.ts';
import { type Column, csv, print, say } from '../output.ts';
import { printCount } from '../span.ts';

const DEFAULT_WIDTH = 100;
const PAGE = 1_000;

type ListOptions = InstanceOptions &
  LetterChoice & { state?: string; limit: number; all?: true; cursor?: string; format: Format };

const CSV = [
  'id',
  'set_aside_at',
  'reason',
  'field',
  'store_id',
  'topic_epoch',
  'partition',
  'offset',
  'bytes',
  'stub',
  'state',
  'replay_of',
] as const;

const choiceOf = ({ reason, store, from, to }: LetterChoice): LetterChoice => ({
  ...(reason !== undefined && { reason }),
  ...(store !== undefined && { store }),
  ...(from !== undefined && { from }),
  ...(to !== undefined && { to }),
});

const list = async (options: ListOptions): Promise<void> => {
  const { format, state, all = false, limit, cursor } = options;
  const client = createClient(await findInstance(options));
  const asked = { ...choiceOf(options), ...(state !== undefined && { state }) };
  const wanted = all ? Number.POSITIVE_INFINITY : limit;
  const letters: Letter[] = [];
  let page = await fetchLetters(client, { ...asked, limit: Math.min(wanted, PAGE), ...(cursor && { cursor }) });
  letters.push(...page.letters);
  while (page.next_cursor !== null && letters.length < wanted) {
    page = await fetchLetters(client, {
      ...asked,
      limit: Math.min(wanted - letters.length, PAGE),
      cursor: page.next_cursor,
    });
    letters.push(...page.letters);
  }
  const rest = page.next_cursor;
  if (format === 'json') process.stdout.write(`${JSON.stringify({ ...page, letters }, null, 2)}\n`);
  else if (format === 'csv')
    process.stdout.write(
      `${csv(
        CSV,
        letters.map((letter) => CSV.map((name) => String(letter[name] ?? ''))),
      )}\n`,
    );
  else if (page.total === 0)
    say(Object.keys(asked).length === 0 ? 'There are no dead letters.' : 'No dead letter is meant by that.');
  else {
    process.stdout.write(`${countsText(page)}\n${lettersTable(letters)}\n`);
    say('One of them whole: cartledger dead-letters show LETTER');
  }
  if (rest !== null && format !== 'json')
    say(`${letters.length} are shown, the newest first; --all prints all, --cursor ${rest} those that follow.`);
};

type ShowOptions = InstanceOptions & { json?: true; raw?: true };

const show = async (id: string, { json, raw, ...instance }: ShowOptions): Promise<void> => {
  const letter = await fetchLetter(createClient(await findInstance(instance)), id);
  if (raw) {
    if (letter.value === null) throw new CliError(`letter ${letter.short_id} has no bytes`);
    process.stdout.write(Buffer.from(letter.value.data, letter.value.encoding));
  } else if (json) process.stdout.write(`${JSON.stringify(letter, null, 2)}\n`);
  else process.stdout.write(`${letterText(letter, process.stdout.columns ?? DEFAULT_WIDTH)}\n`);
};

type ReplayOptions = InstanceOptions & LetterChoice & { all?: true; again?: true; dryRun?: true };

/** Longer than another replay's turn at the server, which answers `busy` meanwhile. */
const PATIENCE = { tries: 30, waitMs: 1_000 };

const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CliError) || error.code !== 'busy' || tries === PATIENCE.tries) throw error;
      await delay(PATIENCE.waitMs);
    }
  }
};

const follow = async (client: Client, begun: Replay): Promise<Replay> => {
  const progress = createProgress('Replaying', begun.total);
  let run = begun;
  while (run.ended_at === null) {
    const { id } = run;
    run = await patiently(() => continueReplay(client, id));
    progress.update(run.replayed + run.lost, `${printCount(run.replayed)} of ${printCount(run.total)}`);
  }
  progress.end();
  return run;
};

const replay = async (ids: string[], options: ReplayOptions): Promise<void> => {
  const { all = false, again = false, dryRun = false } = options;
  const choice = choiceOf(options);
  if (ids.length === 0 && Object.keys(choice).length === 0 && !all)
    throw new CliError(
      'which letters? Name them, or give --reason, --store, --from or --to; --all for every one that is open.',
      { exitStatus: 2 },
    );
  const client = createClient(await findInstance(options));
  if (dryRun) {
    const meant =
      ids.length > 0
        ? (await Promise.all(ids.map((id) => fetchLetter(client, id)))).filter(
            ({ state }) => again || state !== 'replayed',
          ).length
        : (await fetchLetters(client, { ...choice, limit: 1 })).reasons.reduce(
            (sum, { open, lost, replayed }) => sum + open + lost + (again ? replayed : 0),
            0,
          );
    say(`${printCount(meant)} ${meant === 1 ? 'letter' : 'letters'} would be replayed.`);
    return;
  }
  const begun = await patiently(() => beginReplay(client, { ...choice, ...(ids.length > 0 && { ids }), again }));
  if (begun === null) {
    say('Nothing to replay: no letter that is meant is open. (--again replays those that were replayed before.)');
    return;
  }
  if (begun.replayed + begun.lost > 0)
    say(
      `Going on with replay ${begun.id}, begun ${begun.started_at.slice(0, 19)}Z: ${printCount(begun.replayed)} of ${printCount(begun.total)} are done.`,
    );
  const { id, replayed, lost } = await follow(client, begun);
  say(
    `Replay ${id}: ${printCount(replayed)} ${replayed === 1 ? 'letter' : 'letters'} sent once more; what fails again comes back as a new letter that names its first.`,
  );
  if (lost > 0)
    throw new CliError(
      `${printCount(lost)} ${lost === 1 ? 'is' : 'are'} lost: the log does not have the bytes any more. See cartledger dead-letters list --state lost.`,
    );
};

const REPLAY_COLUMNS: readonly Column[] = [
  { name: 'replay', align: 'right' },
  { name: 'begun' },
  { name: 'ended' },
  { name: 'letters', align: 'right' },
  { name: 'replayed', align: 'right' },
  { name: 'lost', align: 'right' },
  { name: 'which' },
  { name: 'by key' },
];

const replays = async ({ format, ...instance }: InstanceOptions & { format: Format }): Promise<void> => {
  const runs = await fetchReplays(createClient(await findInstance(instance)));
  if (format === 'table' && runs.length === 0) return say('Nothing has been replayed.');
  print(
    format,
    { replays: runs },
    REPLAY_COLUMNS,
    runs.map(({ id, started_at, ended_at, total, replayed, lost, filter, again, by }) => [
      id,
      `${started_at.slice(0, 19)}Z`,
      ended_at === null ? null : `${ended_at.slice(0, 19)}Z`,
      total,
      replayed,
      lost,
      [...Object.entries(filter).map(([name, value]) => `${name} ${String(value)}`), ...(again ? ['again'] : [])].join(
        ', ',
      ) || 'all',
      by,
    ]),
  );
};

const withChoice = (command: Command): Command =>
  command
    .option('--reason <code>', 'of that reason, such as unknown_store')
    .option('--store <id>', 'of the store that their bytes or their key name, whether it is here or not')
    .option('--from <time>', 'set aside from then on: a time, a day, or how long ago (2h, 7d)', moment)
    .option('--to <time>', 'set aside before then', moment);

export const addDeadLetters = (program: Command): void => {
  const letters = program
    .command('dead-letters')
    .description('what could not be taken in: list it, look at it, and replay it once the cause is mended');
  withFormat(withInstance(withChoice(letters.command('list'))))
    .description('list dead letters, the newest first')
    .addOption(new Option('--state <state>', 'of that state').choices(['open', 'replayed', 'lost']))
    .option('--limit <n>', 'how many', count, 50)
    .option('--all', 'all of them')
    .option('--cursor <cursor>', 'those that follow a page')
    .action(list);
  withInstance(letters.command('show').argument('<letter>', 'as the list prints it: partition/offset'))
    .description('print a letter as it was, why it is one, and what to do about it')
    .option('--json', 'print it as JSON')
    .option('--raw', 'print its bytes and nothing else')
    .action(show);
  withInstance(withChoice(letters.command('replay').argument('[letter...]', 'letters, as the list prints them')))
    .description('send letters once more: each counts once, however often this is begun, killed or run twice')
    .option('--all', 'every letter that is open')
    .option('--again', 'those too that were replayed before')
    .option('--dry-run', 'only say how many')
    .action(replay);
  withFormat(withInstance(letters.command('replays')))
    .description('list the replays, and how far each has come')
    .action(replays);
};
