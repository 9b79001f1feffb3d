import { createContext, type ReactNode, use, useMemo, useState } from 'react';
import { type Client, createClient } from '../api/client.ts';
import type { TokenStore } from './token.ts';

export type Session = {
  /** Null: nobody is signed in. */
  client: Client | null;
  /** Why the last session ended by itself, for the sign-in form. */
  ended: string | null;
  signIn(token: string, remember: boolean): void;
  signOut(why?: string): void;
};

const SessionContext = createContext<Session | null>(null);

export const SessionProvider = ({ tokens, children }: { tokens: TokenStore; children: ReactNode }) => {
  const [token, setToken] = useState(() => tokens.read());
  const [ended, setEnded] = useState<string | null>(null);
  const session = useMemo(
    (): Session => ({
      client: token === null ? null : createClient(token),
      ended,
      signIn(next, remember) {
        tokens.save(next, remember);
        setToken(next);
        setEnded(null);
      },
      signOut(why) {
        tokens.clear();
        setToken(null);
        setEnded(why ?? null);
      },
    }),
    [token, ended, tokens],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
};

export const useSession = (): Session => {
  const session = use(SessionContext);
  if (session === null) throw new Error('useSession outside SessionProvider');
  return session;
};
