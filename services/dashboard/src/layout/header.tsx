import { Link } from 'wouter';
import type { StoreInfo } from '../api/wire.ts';
import { useSession } from '../session/session.tsx';
import { useTheme } from '../theme/theme.ts';
import { Icon } from '../ui/icon.tsx';
import { Picker } from '../ui/picker.tsx';
import { PAGES, type Page, pathOf, type View } from '../url/view.ts';

export const PAGE_TITLES: Record<Page, string> = {
  funnel: 'Funnel',
  abandonment: 'Abandonment',
  revenue: 'Revenue by stage',
};
const NAV_TITLES: Record<Page, string> = { ...PAGE_TITLES, revenue: 'Revenue' };

const ThemeToggle = () => {
  const { theme, toggle } = useTheme();
  const label = theme === 'dark' ? 'Switch to light theme' : 'Switch to dark theme';
  return (
    <button type="button" className="icon-button" onClick={toggle} aria-label={label} title={label}>
      <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
    </button>
  );
};

type Place = { store: string; page: Page; view: View };

type Props = { at: Place | null; stores: readonly StoreInfo[]; onPickStore: (id: string) => void };

/** The top of every page; without a place (signing in, nothing to show) just the name and the theme. */
export const Header = ({ at, stores, onPickStore }: Props) => {
  const { client, signOut } = useSession();
  return (
    <header className="top">
      <div className="top-row">
        <Link href="/" className="brand" aria-label="Cartledger, home">
          <img src="/favicon.svg" alt="" width="28" height="28" />
          <span className="brand-name">Cartledger</span>
        </Link>
        {at !== null && (
          <nav className="nav" aria-label="Reports">
            {PAGES.map((page) => (
              <Link
                key={page}
                href={pathOf(at.store, page, at.view)}
                aria-current={page === at.page ? 'page' : undefined}
              >
                {NAV_TITLES[page]}
              </Link>
            ))}
          </nav>
        )}
        <div className="top-tools">
          {at !== null && (
            <Picker
              label="Store"
              value={at.store}
              options={stores.map(({ store_id }) => ({ value: store_id, text: store_id }))}
              onPick={onPickStore}
            />
          )}
          <ThemeToggle />
          {client !== null && (
            <button
              type="button"
              className="icon-button"
              onClick={() => signOut()}
              aria-label="Sign out"
              title="Sign out"
            >
              <Icon name="leave" />
            </button>
          )}
        </div>
      </div>
    </header>
  );
};
