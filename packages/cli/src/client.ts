import { z } from 'zod';
import { CliError } from './errors.ts';
import type { Instance } from './instance.ts';

const problem = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

type SendOptions = {
  json?: unknown;
  headers?: Record<string, string>;
  /** 429 and 503 are answered as well, for who comes again when a busy server says so. */
  busyToo?: boolean;
};

export type Client = {
  /**
   * Answers what succeeded, as JSON or NDJSON. Throws CliError with the server's own words when it refuses, and with
   * a remedy when it cannot be reached or is no Cartledger.
   */
  send(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, options?: SendOptions): Promise<Response>;
};

/** The API names its parameter; here it is an option, best shown with a version that would do: the last it names. */
const inOptions = (message: string): string => {
  const version = [...message.matchAll(/\bversion (\d+)/g)].at(-1)?.[1] ?? 'N';
  return message.replace(/\bwith definition_version\b/, `with --definition-version ${version}`);
};

const refusal = async (response: Response): Promise<CliError> => {
  const text = await response.text();
  try {
    const { error } = problem.parse(JSON.parse(text));
    // 400 is an option that is wrong, however it was found; but cursors are the server's own: their lists have moved on.
    const exitStatus = response.status === 400 && error.code !== 'bad_cursor' ? 2 : 1;
    return new CliError(`${inOptions(error.message)} (${error.code})`, { exitStatus, code: error.code });
  } catch {
    return new CliError(`the server answered ${response.status}`);
  }
};

export const refuse = async (response: Response): Promise<never> => {
  throw await refusal(response);
};

/** What fetch wraps: ECONNREFUSED, ENOTFOUND, a certificate's complaint. */
const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return cause instanceof Error ? cause.message : String(cause);
};

const LOCAL = new Set(['127.0.0.1', 'localhost', '[::1]']);

export const createClient = ({ url, token }: Instance): Client => {
  const unreachable = (cause: unknown): never => {
    const remedy = LOCAL.has(new URL(url).hostname) ? 'Start it with `npm start`.' : 'Check the address.';
    throw new CliError(`no answer from ${url} (${reasonOf(cause)}): is it running? ${remedy}`, { cause });
  };
  return {
    async send(method, path, { json, headers, busyToo = false } = {}) {
      const response = await fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(json !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(json !== undefined && { body: JSON.stringify(json) }),
      }).catch(unreachable);
      if (busyToo && (response.status === 429 || response.status === 503)) return response;
      if (!response.ok) return refuse(response);
      if (response.status === 204 || /json/.test(response.headers.get('content-type') ?? '')) return response;
      await response.body?.cancel();
      throw new CliError(`${url} answers, but not as Cartledger does: is the address right?`);
    },
  };
};
