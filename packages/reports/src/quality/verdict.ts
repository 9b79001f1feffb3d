import type { QualityDay, QualityReport } from '@cartledger/funnel';
import { CHECKS } from './checks.ts';
import { isAbove, type Level, levelOf, THRESHOLDS } from './thresholds.ts';
import { type Totals, totalsOf } from './totals.ts';
import { counted, form, number, percent, shareOfThe } from './words.ts';

type Finding = { level: Level; sentence: string };

const checked = (t: Totals): Finding[] =>
  CHECKS.flatMap(({ name, cases, of, say }) => {
    const [n, whole] = [cases(t), of(t)];
    const level = levelOf(name, n, whole);
    return level === 'good' ? [] : [{ level, sentence: say(n, whole ?? n, t) }];
  });

/** Shares of six decimals as whole millionths. */
const millionths = (share: number | null): number => Math.round((share ?? 0) * 1_000_000);

const unexplained = ({ days }: Totals): Finding[] => {
  const { fair, poor } = THRESHOLDS.unexplained;
  const withOrders = days.filter(({ unexplained_share }) => unexplained_share !== null);
  const failing = withOrders.filter((day) => millionths(day.unexplained_share) > fair * 1_000);
  const [worst] = failing.toSorted((a, b) => millionths(b.unexplained_share) - millionths(a.unexplained_share));
  if (!worst) return [];
  const share = percent(millionths(worst.unexplained_share), 1_000_000);
  const level = millionths(worst.unexplained_share) > poor * 1_000 ? 'poor' : 'fair';
  const sentence = `On ${number(failing.length)} of ${counted(withOrders.length, 'day')} with orders, the amounts of orders do not add up by more than ${percent(fair, 1_000)} of their totals (${share} on ${worst.day}): the revenue report shows it as unexplained, and discounts, tax or shipping may be off by it. Send items, discount, tax and shipping so that they make the total.`;
  return [{ level, sentence }];
};

const ALL_FROM_SERVERS =
  'Every delivery says it comes from a server (source is server, its default, or webhook): an order may go to the visitor that a webhook names instead of the shopper, and refunds that a page tells are subtracted. Send source: browser and session_id with what your pages send.';

/** What is worth knowing and makes no number wrong by itself. */
const told = (t: Totals, fromPages: boolean): string[] => {
  const sentences: string[] = [];
  if (t.orders > 0 && t.events > 0 && !fromPages) sentences.push(ALL_FROM_SERVERS);
  if (t.duplicates > 0 && isAbove(t.duplicates, t.deliveries, THRESHOLDS.duplicates.told))
    sentences.push(
      `${shareOfThe(t.duplicates, t.deliveries, 'delivery', 'deliveries')} ${form(t.duplicates, 'was a repeat', 'were repeats')} of an event that was there already: every event counts once, so the reports are right.`,
    );
  if (t.bot_visitors > 0 || t.bot_carts > 0)
    sentences.push(
      `Taken for bots and left out of every report: ${counted(t.bot_visitors, 'visitor')} (counted anew each day) and ${counted(t.bot_carts, 'cart')}.`,
    );
  if (t.test_orders > 0)
    sentences.push(`${counted(t.test_orders, 'test order')} ${form(t.test_orders, 'is', 'are')} in no report.`);
  return sentences;
};

const NOTHING_CAME =
  'Nothing came in on these days: their reports are empty. See that your pages or your server send events, with a write key of this store.';
const NOTHING_FOUND = 'Nothing was found that makes the numbers of these days wrong.';

/**
 * How far the reports of these days can be trusted: `poor` or `fair` when anything is, by THRESHOLDS, and why, the worst
 * first. `fromPages`: whether any event of these days says it is a browser's or an import's.
 */
export const verdictOf = (days: readonly QualityDay[], fromPages: boolean): QualityReport['verdict'] => {
  const totals = totalsOf(days);
  if (days.length === 0) return { level: 'poor', sentences: [NOTHING_CAME] };
  const findings = [...checked(totals), ...unexplained(totals)];
  const of = (level: Level) => findings.filter((finding) => finding.level === level).map(({ sentence }) => sentence);
  const [poor, fair] = [of('poor'), of('fair')];
  return {
    level: poor.length > 0 ? 'poor' : fair.length > 0 ? 'fair' : 'good',
    sentences: [...poor, ...fair, ...(findings.length === 0 ? [NOTHING_FOUND] : []), ...told(totals, fromPages)],
  };
};
