import { LIST_LETTERS, REPLAY, type Replay, SHOW_LETTER } from '@cartledger/operations';
import { createProgress } from '@cartledger/service';
import type { Command } from 'commander';
import { askIngest } from '../ask-ingest.ts';
import { type Client, createClient } from '../client.ts';
import { CliError } from '../errors.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { choiceOf, type LetterChoice, withChoice } from '../letter-choice.ts';
import { withInstance } from '../options.ts';
import { say } from '../output.ts';
import { patiently } from '../patiently.ts';
import { printCount } from '../span.ts';

type Options = InstanceOptions & LetterChoice & { all?: true; again?: true; dryRun?: true };

const follow = async (client: Client, begun: Replay): Promise<Replay> => {
  const progress = createProgress('Replaying', begun.total);
  let run = begun;
  while (run.ended_at === null) {
    const { id } = run;
    const { replay: latest } = await patiently(() => askIngest(client, REPLAY, { json: { run: id } }));
    if (latest === null) throw new CliError(`the server does not say how far replay ${id} is`);
    run = latest;
    progress.update(run.replayed + run.lost, `${printCount(run.replayed)} of ${printCount(run.total)}`);
  }
  progress.end();
  return run;
};

/** How many letters a replay would be of. */
const meant = async (client: Client, ids: readonly string[], choice: LetterChoice, again: boolean): Promise<number> => {
  if (ids.length > 0) {
    const named = await Promise.all(ids.map((id) => askIngest(client, SHOW_LETTER, { query: { id } })));
    return named.filter(({ state }) => again || state !== 'replayed').length;
  }
  const { reasons } = await askIngest(client, LIST_LETTERS, { query: { ...choice, limit: 1 } });
  return reasons.reduce((sum, { open, lost, replayed }) => sum + open + lost + (again ? replayed : 0), 0);
};

const replay = async (ids: string[], options: Options): Promise<void> => {
  const { all = false, again = false, dryRun = false } = options;
  const choice = choiceOf(options);
  if (ids.length === 0 && Object.keys(choice).length === 0 && !all)
    throw new CliError(
      'which letters? Name them, or give --reason, --store, --from or --to; --all for every one that is open.',
      { exitStatus: 2 },
    );
  const client = createClient(await findInstance(options));
  if (dryRun) {
    const letters = await meant(client, ids, choice, again);
    say(`${printCount(letters)} ${letters === 1 ? 'letter' : 'letters'} would be replayed.`);
    return;
  }
  const { replay: begun } = await patiently(() =>
    askIngest(client, REPLAY, { json: { ...choice, ...(ids.length > 0 && { ids }), again } }),
  );
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

export const addDeadLettersReplay = (letters: Command): void => {
  withInstance(withChoice(letters.command('replay').argument('[letter...]', 'letters, as the list prints them')))
    .description('send letters once more: each counts once, however often this is begun, killed or run twice')
    .option('--all', 'every letter that is open')
    .option('--again', 'those too that were replayed before')
    .option('--dry-run', 'only say how many')
    .action(replay);
};
