import { expect, test, vi } from 'vitest';
import { createCommitter } from './committer.ts';

function setUp() {
  const stored: { claim: string; offset: bigint }[][] = [];
  const over = new Set<string>();
  const confirm = vi.fn<() => Promise<boolean>>(async () => true);
  const committer = createCommitter<string>({
    isCurrent: (claim) => !over.has(claim),
    confirm,
    async store(commits) {
      stored.push(commits.map(({ claim, offset }) => ({ claim, offset })));
      return true;
    },
  });
  return { committer, stored, over, confirm };
}

test('commits that come while one is under way share the next request, each claim with its last offset', async () => {
  const { committer, stored } = setUp();
  const answers = await Promise.all([
    committer.commit('a', 1n, ''),
    committer.commit('a', 2n, ''),
    committer.commit('b', 5n, ''),
    committer.commit('a', 3n, ''),
  ]);
  expect(answers).toEqual([true, true, true, true]);
  expect(stored).toEqual([
    [{ claim: 'a', offset: 1n }],
    [
      { claim: 'a', offset: 3n },
      { claim: 'b', offset: 5n },
    ],
  ]);
});

test('a claim that ended while it waited is not stored, the others are', async () => {
  const { committer, stored, over } = setUp();
  const answers = [committer.commit('a', 1n, ''), committer.commit('a', 2n, ''), committer.commit('b', 5n, '')];
  over.add('a');
  expect(await Promise.all(answers)).toEqual([false, false, true]);
  expect(stored).toEqual([[{ claim: 'b', offset: 5n }]]);
});

test('without confirmation nothing is stored', async () => {
  const { committer, stored, confirm } = setUp();
  confirm.mockResolvedValueOnce(false);
  expect(await committer.commit('a', 1n, '')).toBe(false);
  expect(stored).toEqual([]);
});

test('a failure is told to those it concerns and does not stop the next', async () => {
  const { committer, confirm } = setUp();
  confirm.mockRejectedValueOnce(new Error('no answer'));
  const first = committer.commit('a', 1n, '');
  const second = committer.commit('a', 2n, '');
  await expect(first).rejects.toThrow('no answer');
  expect(await second).toBe(true);
});
