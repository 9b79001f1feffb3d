import { useMemo } from 'react';
import { Redirect, useLocation, useSearch } from 'wouter';
import { useStores } from '../api/queries.ts';
import type { StoreInfo } from '../api/wire.ts';
import { AbandonmentPage } from '../pages/abandonment/page.tsx';
import { FunnelPage } from '../pages/funnel/page.tsx';
import { RevenuePage } from '../pages/revenue/page.tsx';
import { useToday } from '../period/use-today.ts';
import { Failure } from '../ui/failure.tsx';
import { formatView, isPage, type Page, parseView, pathOf, resolve, type View } from '../url/view.ts';
import { Header, PAGE_TITLES } from './header.tsx';
import { Shell } from './shell.tsx';
import { type Shop, ShopContext } from './shop.ts';

const PAGE_OF: Record<Page, () => React.ReactNode> = {
  funnel: FunnelPage,
  abandonment: AbandonmentPage,
  revenue: RevenuePage,
};

const Missing = ({ title, text }: { title: string; text: string }) => (
  <div className="blank">
    <h1 tabIndex={-1}>{title}</h1>
    <p>{text}</p>
    <a className="button" href="/">
      Go to the start
    </a>
  </div>
);

const Report = ({ store, page, view, setView }: { store: StoreInfo; page: Page } & Pick<Shop, 'view' | 'setView'>) => {
  const today = useToday(store.time_zone);
  const shop = useMemo(
    (): Shop => ({ store, view, today, period: resolve(view.choice, today), setView }),
    [store, view, today, setView],
  );
  const Page = PAGE_OF[page];
  return (
    <ShopContext value={shop}>
      <Page />
    </ShopContext>
  );
};

/** `/stores/:store/:page`, and `/` (no storeId), which leads to the first store the token may read. An empty storeId: no page of ours. */
export const StorePage = ({ storeId, page }: { storeId: string | null; page: string | null }) => {
  const { data: stores, error, refetch } = useStores();
  const search = useSearch();
  const [, navigate] = useLocation();
  const view = useMemo(() => parseView(search), [search]);
  const setView = useMemo(
    () => (change: Partial<View>) => {
      const next = formatView({ ...view, ...change });
      navigate(`${window.location.pathname}${next === '' ? '' : `?${next}`}`);
    },
    [view, navigate],
  );

  if (stores === undefined)
    return (
      <Shell header={<Header at={null} stores={[]} onPickStore={() => {}} />} subject={null}>
        {error !== null && <Failure error={error} retry={() => void refetch()} />}
      </Shell>
    );
  const first = stores[0];
  if (storeId === null && first !== undefined) return <Redirect to={pathOf(first.store_id, 'funnel', view)} replace />;

  const store = stores.find(({ store_id }) => store_id === storeId);
  const known = page ?? undefined;
  if (store === undefined || !isPage(known))
    return (
      <Shell header={<Header at={null} stores={stores} onPickStore={() => {}} />} subject="missing">
        {first === undefined ? (
          <Missing title="No store yet" text="Make one with: npx cartledger store create ID" />
        ) : store === undefined && storeId !== '' ? (
          <Missing
            title="No such store"
            text={`Your key may not read ${storeId ?? 'it'}, or there is none of that name.`}
          />
        ) : (
          <Missing title="No such page" text="Cartledger has three: funnel, abandonment and revenue." />
        )}
      </Shell>
    );
  return (
    <Shell
      subject={`${store.store_id} ${PAGE_TITLES[known]}`}
      header={
        <Header
          at={{ store: store.store_id, page: known, view }}
          stores={stores}
          onPickStore={(id) => navigate(pathOf(id, known, { ...view, currency: null }))}
        />
      }
    >
      <Report store={store} page={known} view={view} setView={setView} />
    </Shell>
  );
};
