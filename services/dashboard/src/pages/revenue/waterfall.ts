import type { BridgeLine } from '@cartledger/funnel';
import type { WireRevenue } from '../../api/wire.ts';
import { BRIDGE_WORDS, type LineKind } from '../../words/revenue.ts';

type Bridge = WireRevenue['currencies'][string]['bridge'];

/** One bar of the waterfall: a step floats from the running sum before it to the one after; a total stands on 0. */
export type Bar = { line: BridgeLine; kind: LineKind; amount: number; start: number; end: number };

/** The bridge as bars, and the first total, if any, that the steps before it do not add up to. */
export const waterfallOf = (bridge: Bridge): { bars: Bar[]; broken: BridgeLine | null } => {
  let sum = 0;
  let broken: BridgeLine | null = null;
  const bars = bridge.map(({ line, amount }): Bar => {
    const kind = BRIDGE_WORDS[line].kind;
    if (kind === 'total') {
      if (amount !== sum) broken ??= line;
      sum = amount;
      return { line, kind, amount, start: 0, end: amount };
    }
    const start = sum;
    sum += amount;
    return { line, kind, amount, start, end: sum };
  });
  return { bars, broken };
};

/** What is worth a bar: the totals, and the steps that moved anything. The table lists all. */
export const drawnBars = (bars: readonly Bar[]): Bar[] =>
  bars.filter((bar) => bar.kind === 'total' || bar.amount !== 0);
