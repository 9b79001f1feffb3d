import { fork } from 'node:child_process';
import type { Task, Told } from './lane.ts';

/** A seed that says nothing for so long turns for ever. */
const SILENCE_MS = 90_000;

const isTold = (message: unknown): message is Told =>
  typeof message === 'object' && message !== null && 'seed' in message && 'outcome' in message;

const runLane = (task: Task, tell: (told: Told) => void, ended: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const lane = fork(new URL('./lane.ts', import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    let next = task.from;
    const onSilence = (): void => {
      lane.kill('SIGKILL');
      reject(new Error(`seed ${next} runs for ever: CARTLEDGER_FAULT_SEED=${next} npm run faults`));
    };
    let silence = setTimeout(onSilence, SILENCE_MS);
    ended.addEventListener('abort', () => lane.kill('SIGKILL'), { once: true });
    lane.on('message', (message) => {
      if (!isTold(message)) return;
      clearTimeout(silence);
      silence = setTimeout(onSilence, SILENCE_MS);
      next = message.seed + task.step;
      tell(message);
    });
    lane.on('error', reject);
    lane.on('exit', (code) => {
      clearTimeout(silence);
      if (code === 0 || ended.aborted) resolve();
      else reject(new Error(`a lane ended with ${code} at seed ${next}`));
    });
    lane.send(task);
  });

/** Runs the seeds of a range side by side; `tell` comes in no order. */
export const runLanes = async (
  { lanes, ...task }: Omit<Task, 'step'> & { lanes: number },
  tell: (told: Told) => void,
): Promise<void> => {
  const ended = new AbortController();
  const told = (each: Told): void => {
    tell(each);
    if (task.untilFailure && each.outcome.failure !== null) ended.abort();
  };
  await Promise.all(
    Array.from({ length: lanes }, (_, lane) =>
      runLane({ ...task, from: task.from + lane, step: lanes }, told, ended.signal),
    ),
  );
};
