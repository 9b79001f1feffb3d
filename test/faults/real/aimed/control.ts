import { type Control, type ControlConfig, type ControlDeps, createControl as create } from '@cartledger/control';

export * from '@cartledger/control';

/** More than the aggregator's rest between two renewals (5 s); less than its own 15 s, for which a round had to wait. */
const LEASE_MS = 7_000;

/** The same, but that a killed process's leases run out sooner. */
export const createControl = (config: ControlConfig, deps?: ControlDeps): Control => {
  const control = create(config, deps);
  const { leases } = control;
  return {
    ...control,
    leases: {
      ...leases,
      acquire: (name, owner, ttlMs, least) => leases.acquire(name, owner, Math.min(ttlMs, LEASE_MS), least),
    },
  };
};
