/** Simulated stores: what is asked for, and what the traffic needs of them. */
import { DEFAULT_DEFINITION, DEFAULT_STAGES, type Definition } from '@cartledger/funnel';
import { type Calendar, createCalendar } from './calendar.ts';
import { createCatalogue, type Product } from './catalogue.ts';
import { createRandom } from './random.ts';

export type SimulatedStore = {
  store_id: string;
  /** The default stages, and visitor or session funnels in ordered mode: what the truth is told for. */
  definition: Definition;
  /** What it sells in; a shopper keeps to one. The definition's currency when left out. */
  currencies?: readonly string[];
  /** Whether taxes stand on top of the prices. */
  tax_added?: boolean;
  /** Its part of the traffic, relative to the others'. */
  share?: number;
};

/** Three stores in three zones and four currencies, one of them without decimals. */
export const DEMO_STORES: readonly SimulatedStore[] = [
  {
    store_id: 'demo',
    definition: { ...DEFAULT_DEFINITION, time_zone: 'Europe/Berlin', currency: 'EUR' },
    currencies: ['EUR', 'CHF'],
    share: 3,
  },
  {
    store_id: 'demo-us',
    definition: { ...DEFAULT_DEFINITION, time_zone: 'America/New_York', currency: 'USD' },
    tax_added: true,
    share: 2,
  },
  { store_id: 'demo-jp', definition: { ...DEFAULT_DEFINITION, time_zone: 'Asia/Tokyo', currency: 'JPY' }, share: 2 },
];

export type Store = {
  store_id: string;
  definition: Definition;
  currencies: readonly string[];
  taxAdded: boolean;
  share: number;
  calendar: Calendar;
  catalogue: readonly Product[];
};

/** Throws for a definition whose truth the simulator cannot tell. */
export const openStore = (simulated: SimulatedStore, seed: string | number): Store => {
  const { store_id, definition, tax_added = false, share = 1 } = simulated;
  const currencies = simulated.currencies ?? [definition.currency];
  if (definition.stages.join() !== DEFAULT_STAGES.join()) {
    throw new RangeError(`stages of ${store_id}: the simulator knows the default ones only (${DEFAULT_STAGES.join()})`);
  }
  const unknown = definition.funnels.find(({ unit, mode }) => unit === 'cart' || mode !== 'ordered');
  if (unknown !== undefined) {
    throw new RangeError(
      `funnels of ${store_id}: ${unknown.unit}/${unknown.mode} is not told, only ordered ones of visitors and sessions`,
    );
  }
  return {
    store_id,
    definition,
    currencies,
    taxAdded: tax_added,
    share,
    calendar: createCalendar(definition.time_zone),
    catalogue: createCatalogue(createRandom(seed, store_id, 'catalogue'), currencies),
  };
};
