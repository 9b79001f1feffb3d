/**
 * The read token. It comes in the address's fragment (which no server ever sees) or from the sign-in form, lives in
 * the tab's sessionStorage, or on the device when its owner asked for that, and never stays in the address.
 */
const KEY = 'cartledger.token';

export type TokenStore = {
  read(): string | null;
  save(token: string, remember: boolean): void;
  clear(): void;
};

export const createTokenStore = (session: Storage, device: Storage): TokenStore => ({
  read: () => session.getItem(KEY) ?? device.getItem(KEY),
  save(token, remember) {
    session.removeItem(KEY);
    device.removeItem(KEY);
    (remember ? device : session).setItem(KEY, token);
  },
  clear() {
    session.removeItem(KEY);
    device.removeItem(KEY);
  },
});

/** `#token=...` apart from what else the fragment holds; `rest` is what may stay in the address. */
export const takeToken = (fragment: string): { token: string | null; rest: string } => {
  const params = new URLSearchParams(fragment.replace(/^#/, ''));
  const token = params.get('token')?.trim() ?? '';
  if (token === '') return { token: null, rest: fragment };
  params.delete('token');
  const rest = params.toString();
  return { token, rest: rest === '' ? '' : `#${rest}` };
};

/** Takes the token out of the page's address, before anything can copy, log or bookmark it. */
export const adoptToken = (
  tokens: TokenStore,
  page: Pick<Location, 'hash' | 'pathname' | 'search'>,
  history: Pick<History, 'state' | 'replaceState'>,
): void => {
  const { token, rest } = takeToken(page.hash);
  if (token === null) return;
  tokens.save(token, false);
  history.replaceState(history.state, '', `${page.pathname}${page.search}${rest}`);
};
