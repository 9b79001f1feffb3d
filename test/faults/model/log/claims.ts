/** A partition under one assignment; its epoch counts within this process. Being replaced in the claims ends it. */
export type Claim = {
  readonly partition: number;
  readonly epoch: number;
  topicEpoch: string | null;
  position: bigint | null;
  paused: boolean;
  fetching: boolean;
};

/** What a member has at present; nothing any more once it is closed. */
export const createClaims = (nextEpoch: () => number) => {
  const claims = new Map<number, Claim>();
  let closed = false;
  return {
    get isClosed() {
      return closed;
    },
    get: (partition: number): Claim | undefined => claims.get(partition),
    all: (): readonly Claim[] => [...claims.values()],
    isCurrent: (claim: Claim): boolean => claims.get(claim.partition) === claim && !closed,
    claim: (partition: number): Claim => {
      const epoch = nextEpoch();
      const claim: Claim = { partition, epoch, topicEpoch: null, position: null, paused: false, fetching: false };
      claims.set(partition, claim);
      return claim;
    },
    /** Answers the partitions that were claimed. */
    clear: (): readonly number[] => {
      const lost = [...claims.keys()];
      claims.clear();
      return lost;
    },
    close: (): void => {
      closed = true;
      claims.clear();
    },
  };
};
export type Claims = ReturnType<typeof createClaims>;
