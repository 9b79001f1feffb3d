import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { EventLogError } from '../../port.ts';
import type { Token, TokenSource } from './security.ts';

/** Of its life a token is used as long as this; then a new one is asked for while the old one still is valid. */
const USED_SHARE = 0.8;
const TIMEOUT_MS = 10_000;

export type TokenEndpoint = {
  url: string;
  clientId: string;
  clientSecret: string;
  scope?: string;
  audience?: string;
  extensions: Readonly<Record<string, string>>;
};

const grant = z.object({ access_token: z.string().min(1), expires_in: z.number().positive().optional() });
const claims = z.object({ exp: z.number() });

const refused = (message: string, retriable: boolean, cause?: unknown): EventLogError =>
  new EventLogError('unavailable', `OAuth: ${message}`, { retriable, cause });

/** When a JWT says that it ends, ms UTC; null for a token that is none. */
const expiryOf = (token: string): number | null => {
  try {
    return claims.parse(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())).exp * 1_000;
  } catch {
    return null; // an opaque token
  }
};

/** RFC 6749, 2.3.1: both are form-encoded before they are joined. */
const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;

/**
 * Tokens of the client credentials grant (RFC 6749, 4.4). One is kept for most of its life, and asked for once however
 * many connections need it; while the endpoint fails the old one is used as long as it is valid.
 */
export const tokenFromEndpoint = (
  { url, clientId, clientSecret, scope, audience, extensions }: TokenEndpoint,
  { now = Date.now }: { now?: () => number } = {},
): TokenSource => {
  let kept: { token: Token; renewAt: number; endsAt: number } | null = null;
  let asking: Promise<Token> | null = null;

  const ask = async (): Promise<Token> => {
    const askedAt = now();
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: basic(clientId, clientSecret) },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        ...(scope !== undefined && { scope }),
        ...(audience !== undefined && { audience }),
      }),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error: unknown) => {
      throw refused('the token endpoint does not answer', true, error);
    });
    const body: unknown = await response.json().catch(() => null);
    const { status, ok } = response;
    if (!ok) throw refused(`the token endpoint answered ${status}`, status >= 500 || status === 429);
    const granted = grant.safeParse(body);
    if (!granted.success) throw refused(`the token endpoint answered ${status} without an access_token`, false);
    const { access_token: value, expires_in } = granted.data;
    const endsAt = expires_in === undefined ? (expiryOf(value) ?? askedAt) : askedAt + expires_in * 1_000;
    kept = { token: { value, extensions }, renewAt: askedAt + (endsAt - askedAt) * USED_SHARE, endsAt };
    return kept.token;
  };

  return async () => {
    if (kept !== null && now() < kept.renewAt) return kept.token;
    asking ??= ask().finally(() => {
      asking = null;
    });
    try {
      return await asking;
    } catch (error) {
      if (kept !== null && now() < kept.endsAt) return kept.token;
      throw error;
    }
  };
};

/** The token that stands in a file, read anew each time: somebody else renews it. */
export const tokenFromFile =
  (path: string, extensions: Readonly<Record<string, string>>): TokenSource =>
  async () => {
    const value = (
      await readFile(path, 'utf8').catch((error: unknown) => {
        throw refused(`the token file ${path} cannot be read`, true, error);
      })
    ).trim();
    if (value === '') throw refused(`the token file ${path} is empty`, true);
    return { value, extensions };
  };
