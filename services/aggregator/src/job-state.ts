import type { Control } from '@cartledger/control';
import { AggregatorError } from './errors.ts';
import { LEASE, type Lease } from './lease.ts';

/** Job state as the holder of the lease writes it: one who was paused past its lease cannot undo what its successor began. */
export type JobState = { get(name: string): Promise<unknown>; set(name: string, value: unknown): Promise<void> };

export const createJobState = ({ state, lease }: { state: Control['state']; lease: Lease }): JobState => ({
  get: (name) => state.get(name),
  async set(name, value) {
    const token = await lease.confirm();
    if (!(await state.setUnder({ name: LEASE, token }, name, value)))
      throw new AggregatorError('lease_lost', 'another aggregator has taken over: what it has noted down stays');
  },
});
