import type { BridgeLine } from '@cartledger/funnel';
import type { WireRevenue } from '../../api/wire.ts';
import { BRIDGE_WORDS, type LineKind, WITHOUT_CART_WORDS } from '../../words/revenue.ts';

type Bridge = WireRevenue['currencies'][string]['bridge'];

/** One line as a bar: a step floats from the running sum before it to the one after; a total stands on 0. */
export type Bar = { line: BridgeLine; kind: LineKind; amount: number; start: number; end: number };

/** A bar of the picture; `parts` are the lines it stands for. */
export type DrawnBar = Omit<Bar, 'line'> & { label: string; short: string; parts: readonly Bar[] };

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

const isWithoutCart = (bar: Bar): boolean => bar.line.startsWith('orders_without_cart.');

/**
 * What is worth a bar: the totals and the steps that moved anything, orders without a cart together, whatever kept
 * them apart from one. The table lists every line.
 */
export const drawnBars = (bars: readonly Bar[]): DrawnBar[] => {
  const withoutCart = bars.filter(isWithoutCart);
  const drawn = bars.flatMap((bar): DrawnBar[] => {
    if (!isWithoutCart(bar)) return [{ ...bar, ...BRIDGE_WORDS[bar.line], parts: [bar] }];
    if (bar !== withoutCart[0]) return [];
    const end = withoutCart.at(-1)?.end ?? bar.end;
    const moved = withoutCart.filter(({ amount }) => amount !== 0);
    return [{ ...WITHOUT_CART_WORDS, kind: 'step', start: bar.start, end, amount: end - bar.start, parts: moved }];
  });
  return drawn.filter((bar) => bar.kind === 'total' || bar.amount !== 0);
};
