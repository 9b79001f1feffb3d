/** The control store's tables, the same in SQLite and PostgreSQL. Times are ms UTC. */
export type Tables = {
  /** `definition`: the first version, in force for all history. */
  stores: { store_id: string; created_at: number; definition: string };
  /** Versions from the second on. `valid_from`: a local day of the store, null for all history. */
  definition_versions: {
    store_id: string;
    version: number;
    valid_from: string | null;
    definition: string;
    created_at: number;
  };
  access_keys: {
    key_id: string;
    store_id: string | null;
    scope: string;
    sha256: string;
    created_at: number;
    revoked_at: number | null;
    /** Null: the collector's own. */
    events_per_second: number | null;
    burst_events: number | null;
  };
  leases: { name: string; owner: string; token: number; expires_at: number };
  job_state: { name: string; value: string };
  /** `quarter`: the start of a quarter of an hour. */
  rejections: { store_id: string; quarter: number; code: string; count: number };
  /** `hash` in decimal, `restated_days` and `document` as JSON. */
  erasures: {
    erasure: number;
    store_id: string;
    kind: string;
    hash: string;
    up_to: number;
    begun_at: number;
    begun_by: string;
    ended_at: number | null;
    revision: number;
    restated_days: string;
    document: string;
  };
  tombstones: { number: number; erasure: number; store_id: string; kind: string; hash: string; up_to: number };
  /** `position` in decimal: an offset may pass what a number holds exactly. `word` as JSON; null until a worker has told. */
  log_positions: {
    topic: string;
    partition: number;
    position: string;
    taken_in_up_to: number;
    worker: string | null;
    told_at: number | null;
    word: string | null;
  };
};
