/** The carts behind the figures of the abandonment report. */
import { boughtIn, everIn, isLeft, productsIn } from './abandonment.ts';
import { lineValue } from './contents.ts';
import type { CountedCart } from './counted.ts';
import { isContactable } from './details.ts';
import type { Behind, Figure } from './figure.ts';
import { valueIn } from './revenue.ts';

type Which = (c: CountedCart) => boolean;

/** With a currency the carts' values in it, else the carts. */
export const explainAbandonment = (of: Figure, carts: readonly CountedCart[]): Behind | undefined => {
  const which = whichOf(of);
  if (which === undefined) return undefined;
  const currency = of.get('currency');
  const product = of.get('product');
  const amount = (c: CountedCart): bigint | null => {
    if (currency === undefined) return null;
    return product === undefined ? valueIn(c, currency) : valueOfProduct(c, product, currency);
  };
  const behind = carts.filter(which).filter((c) => of.get('checkout') !== 'true' || c.life.checkedOut);
  return { unit: 'cart', rows: behind.map((c) => ({ id: c.cart.key, amount: amount(c) })) };
};

const whichOf = (of: Figure): Which | undefined => {
  const [figure, point, reason, product] = [of.get('figure'), of.get('point'), of.get('reason'), of.get('product')];
  if (point !== undefined) return (c) => isLeft(c) && c.life.furthest === point;
  if (reason !== undefined) return (c) => isLeft(c) && c.life.reason === reason;
  if (product !== undefined) {
    if (figure === 'carts') return (c) => everIn(c).has(product);
    if (figure === 'left' || figure === 'value_left')
      return (c) => isLeft(c) && productsIn(c.contents.counted.values()).has(product);
    if (figure === 'bought') return (c) => boughtIn(c).has(product);
    return undefined;
  }
  switch (figure) {
    case 'created':
      return () => true;
    case 'recovered_late':
      return (c) => c.life.recoveredLate;
    case 'revived':
      return (c) => c.life.revived;
    case 'contactable':
      return (c) => isLeft(c) && isContactable(c);
    default:
      return (c) => c.life.state === figure;
  }
};

const valueOfProduct = ({ contents }: CountedCart, product: string, currency: string): bigint =>
  [...contents.counted].reduce((sum, [key, line]) => {
    const worth = line.product_id === product ? lineValue(key, line, contents.prices) : null;
    return worth?.currency === currency ? sum + worth.amount : sum;
  }, 0n);
