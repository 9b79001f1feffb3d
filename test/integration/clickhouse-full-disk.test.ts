import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClickHouse, defineQuery } from '@cartledger/clickhouse';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { canFillDisk, startStore } from '../faults/real/servers.ts';

const dir = mkdtempSync(join(tmpdir(), 'full-disk-'));
afterAll(() => rmSync(dir, { recursive: true }));

const texts = defineQuery({
  name: 'texts',
  sql: "SELECT repeat('x', 1000000) AS text FROM numbers({count:UInt32})",
  params: z.object({ count: z.int() }),
  row: z.object({ text: z.string() }),
});

test.runIf(canFillDisk(dir))(
  'ClickHouse with a full disk answers queries with all their rows or with a failure, and is no unsuitable server',
  async () => {
    const store = await startStore(join(dir, 'store'));
    try {
      await using clickhouse = createClickHouse({ url: store.url, database: 'default' });
      await store.fill();
      expect(await clickhouse.query(texts, { count: 10 })).toHaveLength(10);
      await expect(clickhouse.checkServer()).resolves.toMatchObject({ version: expect.any(String) });
      // More than the server keeps in memory.
      const large = clickhouse.query(texts, { count: 30 });
      await expect(large).rejects.toMatchObject({ code: 'short_answer', retriable: true });
      await store.empty();
      expect(await clickhouse.query(texts, { count: 30 })).toHaveLength(30);
    } finally {
      await store.stop();
    }
  },
);
