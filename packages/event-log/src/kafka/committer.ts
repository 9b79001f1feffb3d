type Commit<Claim> = { claim: Claim; offset: bigint; metadata: string };

type Waiting<Claim> = Commit<Claim> & { done: (stored: boolean) => void; failed: (error: unknown) => void };

export type CommitterDeps<Claim> = {
  /** False once the claim's assignment is over. */
  isCurrent(claim: Claim): boolean;
  /** Asked before each request; false ends what is waiting. */
  confirm(): Promise<boolean>;
  /** Stores all of them in one request, or answers false. */
  store(commits: readonly Commit<Claim>[]): Promise<boolean>;
};

/**
 * Commits, one request after the other: an earlier one that is tried again cannot end up behind a later one. What comes
 * while a request is under way shares the next, of which a claim's last offset counts for all its commits before.
 */
export function createCommitter<Claim>({ isCurrent, confirm, store }: CommitterDeps<Claim>) {
  let waiting: Waiting<Claim>[] = [];
  let running = false;

  async function storeGroup(group: readonly Waiting<Claim>[]): Promise<void> {
    try {
      const confirmed = await confirm();
      const latest = new Map<Claim, Waiting<Claim>>();
      for (const each of group) {
        if (confirmed && isCurrent(each.claim)) {
          latest.set(each.claim, each);
        }
      }
      const stored = latest.size > 0 && (await store([...latest.values()]));
      for (const { claim, done } of group) {
        done(stored && latest.has(claim));
      }
    } catch (error) {
      for (const { failed } of group) {
        failed(error);
      }
    }
  }

  async function run(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      await storeGroup(group);
    }
    running = false;
  }

  return {
    /** True when it is stored; false, with nothing stored, when the claim is over. Throws when storing failed. */
    commit(claim: Claim, offset: bigint, metadata: string): Promise<boolean> {
      return new Promise((done, failed) => {
        waiting.push({ claim, offset, metadata, done, failed });
        if (!running) {
          void run();
        }
      });
    },
  };
}
