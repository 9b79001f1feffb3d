import { LETTER_STATES, type Letter, LIST_LETTERS } from '@cartledger/operations';
import { type Command, Option } from 'commander';
import { askIngest } from '../ask-ingest.ts';
import { createClient } from '../client.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { choiceOf, type LetterChoice, withChoice } from '../letter-choice.ts';
import { countsText, lettersTable } from '../letter-text.ts';
import { count, type Format, withFormat, withInstance } from '../options.ts';
import { csv, say } from '../output.ts';

const PAGE = 1_000;

type Options = InstanceOptions &
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

const list = async (options: Options): Promise<void> => {
  const { format, state, all = false, limit, cursor } = options;
  const client = createClient(await findInstance(options));
  const asked = { ...choiceOf(options), ...(state !== undefined && { state }) };
  const wanted = all ? Number.POSITIVE_INFINITY : limit;
  const pageFrom = (from: string | undefined, left: number) =>
    askIngest(client, LIST_LETTERS, { query: { ...asked, limit: Math.min(left, PAGE), cursor: from } });
  let page = await pageFrom(cursor, wanted);
  const letters: Letter[] = [...page.letters];
  while (page.next_cursor !== null && letters.length < wanted) {
    page = await pageFrom(page.next_cursor, wanted - letters.length);
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

export const addDeadLettersList = (letters: Command): void => {
  withFormat(withInstance(withChoice(letters.command('list'))))
    .description('list dead letters, the newest first')
    .addOption(new Option('--state <state>', 'of that state').choices(LETTER_STATES))
    .option('--limit <n>', 'how many', count, 50)
    .option('--all', 'all of them')
    .option('--cursor <cursor>', 'those that follow a page')
    .action(list);
};
