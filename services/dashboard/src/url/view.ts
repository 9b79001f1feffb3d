import { REFUNDS_ON, type RefundsOn } from '@cartledger/funnel';
import { type Day, isDay, type Period } from '../period/day.ts';
import { DEFAULT_PRESET, isPreset, type Preset, periodOf, problemOf } from '../period/preset.ts';

/** What a page shows, all of it in the address, so a link shows the same to whoever may see the store. */
export type Choice = { kind: 'preset'; preset: Preset } | { kind: 'days'; period: Period };
export type View = { choice: Choice; currency: string | null; refundsOn: RefundsOn };

export const PAGES = ['funnel', 'abandonment', 'revenue'] as const;
export type Page = (typeof PAGES)[number];
export const isPage = (text: string | undefined): text is Page => PAGES.some((page) => page === text);

const DEFAULT: Choice = { kind: 'preset', preset: DEFAULT_PRESET };

/** Never fails: what the address says wrongly is as if it said nothing. */
export const parseView = (search: string): View => {
  const params = new URLSearchParams(search);
  const [from, to, preset, currency] = ['from', 'to', 'period', 'currency'].map((name) => params.get(name));
  const choice = (): Choice => {
    if (isPreset(preset)) return { kind: 'preset', preset };
    if (isDay(from) && isDay(to) && problemOf({ from, to }) === null) return { kind: 'days', period: { from, to } };
    return DEFAULT;
  };
  return {
    choice: choice(),
    currency: currency != null && /^[A-Z]{3}$/.test(currency) ? currency : null,
    refundsOn: REFUNDS_ON.find((day) => day === params.get('refunds_on')) ?? 'refund',
  };
};

/** The other way round; what is so by default is left out. */
export const formatView = ({ choice, currency, refundsOn }: View): string => {
  const params = new URLSearchParams();
  if (choice.kind === 'days') {
    params.set('from', choice.period.from);
    params.set('to', choice.period.to);
  } else if (choice.preset !== DEFAULT_PRESET) params.set('period', choice.preset);
  if (currency !== null) params.set('currency', currency);
  if (refundsOn !== 'refund') params.set('refunds_on', refundsOn);
  return params.toString();
};

export const resolve = (choice: Choice, today: Day): Period =>
  choice.kind === 'days' ? choice.period : periodOf(choice.preset, today);

export const pathOf = (store: string, page: Page, view: View): string => {
  const search = formatView(view);
  const path = `/stores/${encodeURIComponent(store)}/${page}`;
  return search === '' ? path : `${path}?${search}`;
};
