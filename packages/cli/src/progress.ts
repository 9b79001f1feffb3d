import { Presets, SingleBar } from 'cli-progress';

export type Progress = { update(done: number, note?: string): void; end(): void };

/** A bar where a terminal is there, a line every few seconds where none is. */
export const createProgress = (title: string, total: number, now: () => number = Date.now): Progress => {
  if (process.stderr.isTTY) {
    const bar = new SingleBar(
      {
        format: `${title} {bar} {percentage} % | {note}`,
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: false,
        etaBuffer: 50,
      },
      Presets.shades_classic,
    );
    bar.start(total, 0, { note: '' });
    return {
      update: (done, note = '') => bar.update(Math.min(done, total), { note }),
      end: () => {
        bar.update(total);
        bar.stop();
      },
    };
  }
  let last = now();
  return {
    update(done, note = '') {
      if (now() - last < 5_000) return;
      last = now();
      process.stderr.write(`${title}: ${total === 0 ? 0 : Math.floor((done / total) * 100)} % ${note}\n`);
    },
    end: () => undefined,
  };
};
