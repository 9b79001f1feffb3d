/** What every dialect does with keys: see conformance.ts. */
import { describe, expect, test } from 'vitest';
import type { ControlUnderTest } from './conformance-under-test.ts';

export const keysConformance = (under: ControlUnderTest): void => {
  describe('keys', () => {
    test('a key is verified as what it was made for', async () => {
      await under.control.stores.create('shop');
      const write = await under.control.keys.create('shop', 'events:write');
      const read = await under.control.keys.create('shop', 'reports:read');
      const admin = await under.control.keys.create(null, 'admin');
      expect(write.key).toMatch(/^ck_w_[0-9a-z]{12}_[A-Za-z0-9_-]{43}$/);
      expect(read.key).toMatch(/^ck_r_/);
      expect(admin.key).toMatch(/^ck_a_/);
      const info = {
        key_id: write.key_id,
        store_id: 'shop',
        scope: 'events:write',
        created_at: under.now(),
        revoked_at: null,
        events_per_second: null,
        burst_events: null,
      };
      expect(await under.control.keys.verify(write.key)).toEqual(info);
      expect(await under.control.keys.verify(read.key)).toMatchObject({ store_id: 'shop', scope: 'reports:read' });
      expect(await under.control.keys.verify(admin.key)).toMatchObject({ store_id: null, scope: 'admin' });
    });

    test('the list of keys holds nothing with which a key could be made', async () => {
      await under.control.stores.create('shop');
      const { key } = await under.control.keys.create('shop', 'events:write');
      const listed = JSON.stringify(await under.control.keys.list('shop'));
      expect(listed).not.toContain(key.slice(-43));
      expect(listed).not.toContain('sha256');
    });

    test('keys of one store, of another and of every store are listed apart', async () => {
      await under.control.stores.create('shop');
      await under.control.stores.create('other');
      const { key_id } = await under.control.keys.create('shop', 'reports:read');
      const admin = await under.control.keys.create(null, 'admin');
      const idsOf = async (store: string | null) => (await under.control.keys.list(store)).map((key) => key.key_id);
      expect(await idsOf('shop')).toEqual([key_id]);
      expect(await idsOf('other')).toEqual([]);
      expect(await idsOf(null)).toEqual([admin.key_id]);
    });

    test('a revoked key is refused, at once and by every process; revoking it again says false', async () => {
      await under.control.stores.create('shop');
      const { key, key_id } = await under.control.keys.create('shop', 'events:write');
      expect(await under.control.keys.revoke(key_id)).toBe(true);
      expect(await under.open().keys.verify(key)).toBeNull();
      expect(await under.control.keys.revoke(key_id)).toBe(false);
      expect(await under.control.keys.revoke('unknown')).toBe(false);
      expect(await under.control.keys.list('shop')).toMatchObject([{ key_id, revoked_at: under.now() }]);
    });

    test('a key that was altered, cut or made up is refused', async () => {
      await under.control.stores.create('shop');
      const { key, key_id } = await under.control.keys.create('shop', 'events:write');
      const other = key.endsWith('A') ? 'B' : 'A';
      const made = [
        '',
        'ck_',
        key.slice(0, -1),
        `${key} `,
        `${key}\n`,
        key.toUpperCase(),
        key.slice(0, -1) + other,
        key.replace('ck_w_', 'ck_a_'),
        `ck_w_${key_id}_${'A'.repeat(43)}`,
        `ck_w_000000000000_${key.slice(-43)}`,
        "ck_w_' or 1=1 --",
        'x'.repeat(1_000_000),
      ];
      for (const bad of made) expect(await under.control.keys.verify(bad)).toBeNull();
      expect(await under.control.keys.verify(key)).not.toBeNull();
    });

    test('a key may have a rate of its own, and then a burst of five seconds of it unless it has one too', async () => {
      await under.control.stores.create('shop');
      const limitsOf = async (limits: Parameters<typeof under.control.keys.create>[2]) => {
        const { key } = await under.control.keys.create('shop', 'events:write', limits);
        const info = await under.control.keys.verify(key);
        return [info?.events_per_second, info?.burst_events];
      };
      expect(await limitsOf({ events_per_second: 200 })).toEqual([200, 1_000]);
      expect(await limitsOf({ events_per_second: 200, burst_events: 300 })).toEqual([200, 300]);
      expect(await limitsOf({ burst_events: 300 })).toEqual([null, 300]);
      expect(await limitsOf({ events_per_second: undefined })).toEqual([null, null]);
      const listed = await under.control.keys.list('shop');
      expect(listed.filter((key) => key.burst_events === 300)).toHaveLength(2);
    });

    test.each([0, -1, 1.5, Number.NaN, 1_000_001])('a rate of %d is refused', async (rate) => {
      await under.control.stores.create('shop');
      for (const field of ['events_per_second', 'burst_events']) {
        await expect(under.control.keys.create('shop', 'events:write', { [field]: rate })).rejects.toMatchObject({
          code: 'bad_key_request',
          field,
        });
      }
    });

    test('a rate is for keys that send events', async () => {
      await under.control.stores.create('shop');
      await expect(under.control.keys.create('shop', 'reports:read', { events_per_second: 5 })).rejects.toMatchObject({
        code: 'bad_key_request',
      });
    });

    test('a key needs a store that exists, an admin key none', async () => {
      const { keys } = under.control;
      await expect(keys.create('nowhere', 'events:write')).rejects.toMatchObject({ code: 'unknown_store' });
      await expect(keys.create(null, 'reports:read')).rejects.toMatchObject({ code: 'bad_key_request' });
      await under.control.stores.create('shop');
      await expect(keys.create('shop', 'admin')).rejects.toMatchObject({ code: 'bad_key_request' });
    });
  });
};
