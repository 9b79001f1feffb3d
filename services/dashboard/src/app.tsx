import { QueryClientProvider } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Route, Switch } from 'wouter';
import { createQueries } from './api/queries.ts';
import { Header } from './layout/header.tsx';
import { Shell } from './layout/shell.tsx';
import { StorePage } from './layout/store-page.tsx';
import { SessionProvider, useSession } from './session/session.tsx';
import { SignIn } from './session/sign-in.tsx';
import type { TokenStore } from './session/token.ts';

const SIGNED_OUT = 'This key is not valid, or no longer. Sign in with another one.';

const Pages = () => {
  const { client, signOut } = useSession();
  // A new reader starts with an empty cache: nothing of the last one's may be shown.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `client` stands for the reader
  const queries = useMemo(() => createQueries(() => signOut(SIGNED_OUT)), [client]);
  if (client === null)
    return (
      <Shell header={<Header at={null} stores={[]} onPickStore={() => {}} />} subject="sign-in">
        <SignIn />
      </Shell>
    );
  return (
    <QueryClientProvider client={queries}>
      <Switch>
        <Route path="/">
          <StorePage storeId={null} page={null} />
        </Route>
        <Route path="/stores/:store/:page">{({ store, page }) => <StorePage storeId={store} page={page} />}</Route>
        <Route>
          <StorePage storeId="" page="" />
        </Route>
      </Switch>
    </QueryClientProvider>
  );
};

export const App = ({ tokens }: { tokens: TokenStore }) => (
  <SessionProvider tokens={tokens}>
    <Pages />
  </SessionProvider>
);
