/** Devices and campaigns, for breakdowns. */
import type { StoreEvent } from '@cartledger/events';
import type { Random } from './random.ts';

type Device = NonNullable<StoreEvent['device']>;
type Campaign = NonNullable<StoreEvent['campaign']>;

const DEVICES: readonly (readonly [Device, number])[] = [
  [{ type: 'phone', os: 'iOS', browser: 'Safari' }, 30],
  [{ type: 'phone', os: 'Android', browser: 'Chrome' }, 30],
  [{ type: 'desktop', os: 'Windows', browser: 'Chrome' }, 20],
  [{ type: 'desktop', os: 'macOS', browser: 'Safari' }, 10],
  [{ type: 'desktop', os: 'Linux', browser: 'Firefox' }, 4],
  [{ type: 'tablet', os: 'iPadOS', browser: 'Safari' }, 6],
];

const CAMPAIGNS: readonly (readonly [Campaign, number])[] = [
  [{ source: 'google', medium: 'cpc', name: 'brand' }, 30],
  [{ source: 'google', medium: 'organic' }, 25],
  [{ source: 'instagram', medium: 'social', name: 'autumn' }, 20],
  [{ source: 'newsletter', medium: 'email', name: 'weekly' }, 15],
  [{ source: 'partner', medium: 'affiliate', name: 'reviews' }, 10],
];

const COUNTRIES = ['DE', 'AT', 'CH', 'FR', 'US', 'CA', 'JP', 'GB'] as const;

export type Surroundings = {
  device: Device;
  campaign: Campaign;
};

export const pickSurroundings = (random: Random): Surroundings => ({
  device: { ...random.weighted(DEVICES), country: random.pick(COUNTRIES) },
  campaign: random.weighted(CAMPAIGNS),
});
