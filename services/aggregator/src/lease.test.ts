import { expect, test } from 'vitest';
import { createLease } from './lease.ts';

test('given back while a renewal is on its way, it stays given back', async () => {
  const deeds: string[] = [];
  const answer = Promise.withResolvers<{ token: number }>();
  const leases = {
    acquire: async () => {
      const taken = await answer.promise;
      deeds.push('taken');
      return taken;
    },
    release: async () => void deeds.push('released'),
  };
  const writers = { largest: async () => 0, announce: async () => {} };
  const lease = createLease({ leases, writers }, { owner: 'me', ttlMs: 1_000, signal: new AbortController().signal });
  const renewal = lease.acquire();
  const released = lease.release();
  answer.resolve({ token: 1 });
  await Promise.all([renewal, released]);
  expect(deeds).toEqual(['taken', 'released']);
});
