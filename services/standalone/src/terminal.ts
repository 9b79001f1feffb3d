/** What a person sees while things start: one line a step, its time when it is done. Logs go to a file. */
export type Terminal = {
  step<T>(title: string, work: () => Promise<T>): Promise<T>;
  say(text: string): void;
};

export type Output = { write(text: string): unknown; isTTY?: boolean };

export const createTerminal = (output: Output, now: () => number): Terminal => ({
  async step(title, work) {
    const started = now();
    if (output.isTTY) output.write(`  ${title} ...`);
    const result = await work();
    const seconds = ((now() - started) / 1_000).toFixed(1);
    output.write(output.isTTY ? `\r\u001b[K  ${title} (${seconds} s)\n` : `  ${title} (${seconds} s)\n`);
    return result;
  },
  say: (text) => {
    output.write(`${text}\n`);
  },
});
