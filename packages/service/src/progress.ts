import { Presets, SingleBar } from 'cli-progress';
import type { Clock } from './clock.ts';

export type Progress = {
  update(done: number, note?: string): void;
  /** Leaves the bar full. */
  end(): void;
};

/** How often a line is written where no terminal is there. */
const LINE_INTERVAL_MS = 5_000;

/** Long work at the terminal: a bar on standard error, or a line every few seconds where that is no terminal. */
export const createProgress = (title: string, total: number, now: Clock = Date.now): Progress => {
  if (process.stderr.isTTY) {
    const bar = new SingleBar(
      { format: `  ${title} {bar} {percentage} % {note}`, stream: process.stderr, hideCursor: true },
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
  let toldAt = now();
  return {
    update(done, note = '') {
      if (now() - toldAt < LINE_INTERVAL_MS) return;
      toldAt = now();
      process.stderr.write(`  ${title}: ${total === 0 ? 0 : Math.floor((done / total) * 100)} % ${note}\n`);
    },
    end: () => undefined,
  };
};
