/** What a simulated store sells. */
import { currencyExponent } from '@cartledger/events';
import type { Random } from './random.ts';

export type Product = {
  product_id: string;
  name: string;
  category: string;
  /** None for what comes in one form only. */
  variants: readonly string[];
  /** Minor units, by currency. */
  prices: Readonly<Record<string, number>>;
};

const RANGE = {
  clothing: { nouns: ['Shirt', 'Jacket', 'Trousers', 'Dress', 'Jumper'], from: 19, to: 149, variants: ['s', 'm', 'l'] },
  home: { nouns: ['Lamp', 'Vase', 'Blanket', 'Mirror', 'Clock'], from: 9, to: 199, variants: [] },
  kitchen: { nouns: ['Kettle', 'Pan', 'Knife', 'Teapot', 'Board'], from: 7, to: 129, variants: [] },
  sports: { nouns: ['Mat', 'Bottle', 'Backpack', 'Ball', 'Helmet'], from: 12, to: 249, variants: ['blue', 'black'] },
  electronics: { nouns: ['Speaker', 'Charger', 'Headphones', 'Keyboard', 'Camera'], from: 15, to: 899, variants: [] },
} as const;
const KINDS = ['Linen', 'Oak', 'Urban', 'Classic', 'Alpine'] as const;

/** What a unit of the currency is worth, roughly, in units of the price list. */
const UNITS: Readonly<Record<string, number>> = {
  USD: 1.1,
  GBP: 0.86,
  CHF: 0.95,
  JPY: 160,
  AUD: 1.65,
  INR: 90,
  KWD: 0.34,
};

/** A price as shops write it: 24.90 EUR, 3,900 JPY, 8.500 KWD. */
const priceIn = (currency: string, major: number): number => {
  const exponent = currencyExponent(currency) ?? 2;
  const step = exponent === 0 ? 100 : 10 ** (exponent - 1);
  return Math.max(step, Math.round((major * (UNITS[currency] ?? 1) * 10 ** exponent) / step) * step);
};

/** The product list, the best sellers first. */
export const createCatalogue = (random: Random, currencies: readonly string[]): readonly Product[] => {
  const products = Object.entries(RANGE).flatMap(([category, { nouns, from, to, variants }]) =>
    nouns.flatMap((noun) =>
      KINDS.map((kind) => {
        const major = from + random.next() ** 2 * (to - from);
        return {
          rank: random.next(),
          name: `${kind} ${noun}`,
          category,
          variants,
          prices: Object.fromEntries(currencies.map((currency) => [currency, priceIn(currency, major)])),
        };
      }),
    ),
  );
  return products
    .sort((a, b) => a.rank - b.rank)
    .map(({ rank: _, ...product }, index) => ({ product_id: `p-${String(index + 1).padStart(3, '0')}`, ...product }));
};

/** Few products make most of the sales. */
export const pickProduct = (random: Random, catalogue: readonly Product[]): Product => {
  const product = catalogue[Math.floor(random.next() ** 2.2 * catalogue.length)];
  return product ?? random.pick(catalogue);
};
