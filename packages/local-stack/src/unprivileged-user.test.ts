import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findUser, isReachableForOthers } from './unprivileged-user.ts';

test('a user is found by its whole name', () => {
  const passwd = 'root:x:0:0:root:/root:/bin/sh\npostgres2:x:1:2::/:/x\npostgres:x:101:103:a,b:/var/lib:/bin/sh\n';
  expect(findUser(passwd, 'postgres')).toEqual({ name: 'postgres', uid: 101, gid: 103 });
  expect(findUser(passwd, 'nobody')).toBeUndefined();
});

test('a path below a directory closed to others is out of their reach', () => {
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-reach-'));
  mkdirSync(join(dir, 'a'));
  expect(isReachableForOthers(join(dir, 'a', 'b'))).toBe(false);
  chmodSync(dir, 0o711);
  expect(isReachableForOthers(join(dir, 'a', 'b'))).toBe(true);
  rmSync(dir, { recursive: true });
});
