import { useEverActive } from '../api/queries.ts';
import { formatPeriod } from '../format/when.ts';
import { addDays } from '../period/day.ts';
import { FirstEvent } from '../ui/first-event.tsx';
import { useShop } from './shop.ts';

const LOOK_BACK_DAYS = 366;

/** Nothing in the period: either the days are quiet, or the store has never sent anything. */
export const Empty = () => {
  const { store, today, period, setView } = useShop();
  const lookBack = { store: store.store_id, from: addDays(today, -LOOK_BACK_DAYS), to: today };
  const { data: active, isPending } = useEverActive(lookBack, true);
  if (isPending) return <div className="blank" aria-busy="true" style={{ minHeight: '16rem' }} />;
  if (active !== true) return <FirstEvent store={store.store_id} currency={store.currency} />;
  return (
    <div className="blank">
      <h2>Nothing in {formatPeriod(period)}</h2>
      <p>{store.store_id} sent no events on these days, but it did on others.</p>
      <button
        type="button"
        className="button"
        onClick={() => setView({ choice: { kind: 'days', period: { from: lookBack.from, to: lookBack.to } } })}
      >
        Show the last year
      </button>
    </div>
  );
};
