/** A server that counts a store anew refuses its reports meanwhile: whoever verifies them waits, and says that he does. */
import { refuse } from '../client.ts';
import { CliError } from '../errors.ts';

export type Waiting = {
  sleep(ms: number): Promise<unknown>;
  /** ms. */
  now(): number;
  say(text: string): void;
};

/** Sends until something else is answered than that the store is being counted anew. */
export type Patience = (send: () => Promise<Response>) => Promise<Response>;

const LONGEST_MS = 15 * 60_000;
const SAY_AGAIN_MS = 30_000;

const PAUSE_MS = 2_000;

/** How long the server asks to wait; within bounds, whatever it says. */
const pauseOf = (response: Response): number => {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isNaN(seconds) ? PAUSE_MS : Math.min(Math.max(seconds, 1), 30) * 1_000;
};

/** The answer, or in which words and for how long the server asks to wait; throws any other refusal. */
const answerOf = async (send: () => Promise<Response>): Promise<Response | { message: string; pause: number }> => {
  let pause = PAUSE_MS;
  try {
    const response = await send();
    if (response.ok) return response;
    pause = pauseOf(response);
    return await refuse(response);
  } catch (error) {
    if (error instanceof CliError && error.code === 'recounting') return { message: error.message, pause };
    throw error;
  }
};

/** Throws CliError when it has waited 15 min in a row. */
export const createPatience = (store: string, { sleep, now, say }: Waiting): Patience => {
  const inMinutes = (ms: number): string => `${Math.floor(ms / 60_000)} min ${Math.floor(ms / 1_000) % 60} s`;
  return async (send) => {
    const began = now();
    let saidAt: number | null = null;
    for (;;) {
      const answer = await answerOf(send);
      if (answer instanceof Response) return answer;
      const { message, pause } = answer;
      const waited = now() - began;
      if (waited >= LONGEST_MS)
        throw new CliError(
          `nothing was verified: a new definition of ${store} has been worked in for ${inMinutes(waited)} and is not done. ` +
            'Run verify again when its reports answer.',
          { code: 'recounting' },
        );
      if (saidAt === null) say(`Waiting for a new definition of ${store}: ${message}`);
      else if (now() - saidAt >= SAY_AGAIN_MS) say(`Still waiting for it (${inMinutes(waited)}).`);
      if (saidAt === null || now() - saidAt >= SAY_AGAIN_MS) saidAt = now();
      await sleep(pause);
    }
  };
};
