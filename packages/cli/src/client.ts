import { z } from 'zod';
import { CliError } from './errors.ts';
import type { Instance } from './instance.ts';

const problem = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

export type Client = {
  readonly url: string;
  /** Throws CliError with the server's own words when it refuses, and a remedy when it cannot be reached. */
  send(
    method: 'GET' | 'POST',
    path: string,
    options?: { json?: unknown; body?: Uint8Array; headers?: Record<string, string> },
  ): Promise<Response>;
};

const refusal = async (response: Response): Promise<string> => {
  const text = await response.text();
  try {
    const { error } = problem.parse(JSON.parse(text));
    return `${error.message} (${error.code})`;
  } catch {
    return `the server answered ${response.status}`;
  }
};

export const createClient = ({ url, token }: Instance): Client => ({
  url,
  async send(method, path, { json, body, headers } = {}) {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json !== undefined ? { body: JSON.stringify(json) } : body !== undefined ? { body: Buffer.from(body) } : {}),
    }).catch((cause: unknown) => {
      throw new CliError(`no answer from ${url}: is it running? Start it with \`npm start\`.`, { cause });
    });
    if (response.ok || response.status === 429 || response.status === 503) return response;
    throw new CliError(await refusal(response));
  },
});

export const refuse = async (response: Response): Promise<never> => {
  throw new CliError(await refusal(response));
};
