import type { WireAbandonment } from '../../api/wire.ts';
import { formatCount } from '../../format/number.ts';
import { Card } from '../../ui/card.tsx';
import { MoneyLines } from '../../ui/money.tsx';
import { type Column, DataTable } from '../../ui/table.tsx';

type Product = WireAbandonment['products'][number];

const columnsOf = (first: string): readonly Column<Product>[] => [
  {
    key: 'product',
    head: 'Product',
    cell: ({ product_id, name }) => (
      <>
        {name ?? product_id}
        {name !== null && <span className="meaning">{product_id}</span>}
      </>
    ),
  },
  {
    key: 'carts',
    head: 'In carts',
    meaning: 'Carts this product was ever in.',
    cell: ({ carts }) => formatCount(carts),
  },
  {
    key: 'left',
    head: 'Left',
    meaning: 'Carts abandoned or lost with this product in them. A cart counts once for each of its products.',
    cell: ({ left }) => formatCount(left),
  },
  {
    key: 'bought',
    head: 'Bought',
    meaning: 'Carts ordered with this product in the order.',
    cell: ({ bought }) => formatCount(bought),
  },
  {
    key: 'value',
    head: 'Value left',
    meaning: 'What this product is worth in the carts abandoned or lost.',
    cell: ({ value_left }) => <MoneyLines value={value_left} first={first} />,
  },
];

export const Products = ({ products, currency }: { products: readonly Product[]; currency: string }) => (
  <Card title="Products" note="Those left behind most first, by value">
    <DataTable
      caption="Products: numbers"
      rows={products}
      rowKey={({ product_id }) => product_id}
      columns={columnsOf(currency)}
      limit={12}
    />
  </Card>
);
