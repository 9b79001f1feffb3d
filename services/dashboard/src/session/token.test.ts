import { expect, test } from 'vitest';
import { adoptToken, createTokenStore, takeToken } from './token.ts';

const memory = (): Storage => {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    clear: () => items.clear(),
    getItem: (key) => items.get(key) ?? null,
    key: (index) => [...items.keys()][index] ?? null,
    removeItem: (key) => void items.delete(key),
    setItem: (key, value) => void items.set(key, value),
  };
};

test('a token is taken from the fragment and nothing else is', () => {
  expect(takeToken('#token=ck_abc')).toEqual({ token: 'ck_abc', rest: '' });
  expect(takeToken('#products')).toEqual({ token: null, rest: '#products' });
  expect(takeToken('')).toEqual({ token: null, rest: '' });
  expect(takeToken('#token=')).toEqual({ token: null, rest: '#token=' });
  expect(takeToken('#token=a&x=1')).toEqual({ token: 'a', rest: '#x=1' });
});

test('an adopted token is no longer in the address, and the rest of it is kept', () => {
  const tokens = createTokenStore(memory(), memory());
  const shown: string[] = [];
  const history = {
    state: null,
    replaceState: (_data: unknown, _unused: string, url?: string | URL | null) => void shown.push(String(url)),
  };
  adoptToken(tokens, { hash: '#token=abc', pathname: '/', search: '?period=today' }, history);
  expect(tokens.read()).toBe('abc');
  expect(shown).toEqual(['/?period=today']);
});

test('a token is kept on the device only when asked, and signing out forgets both', () => {
  const [session, device] = [memory(), memory()];
  const tokens = createTokenStore(session, device);
  tokens.save('a', false);
  expect([session.length, device.length]).toEqual([1, 0]);
  tokens.save('b', true);
  expect([session.length, device.length, tokens.read()]).toEqual([0, 1, 'b']);
  tokens.clear();
  expect(tokens.read()).toBeNull();
});
