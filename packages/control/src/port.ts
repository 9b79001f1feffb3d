/** What is not events: stores, their definitions, keys, job state and leases. */
import type { Definition, DefinitionVersion } from '@cartledger/funnel';

export type Store = {
  store_id: string;
  created_at: number;
  /** The newest version. */
  definition: Definition;
  /** All versions, oldest first. */
  versions: readonly DefinitionVersion[];
};

/** What a new store says about itself; what it leaves out is as in DEFAULT_DEFINITION. */
export type DefinitionInput = { [K in Exclude<keyof Definition, 'version'>]?: Definition[K] | undefined };

export const SCOPES = ['events:write', 'reports:read', 'admin'] as const;
/** `admin` covers every store and every call; the others one store. */
export type Scope = (typeof SCOPES)[number];

/** What a key may send, in each collector; null: as the collector is configured. */
export type KeyLimits = {
  events_per_second: number | null;
  /** At once after a quiet time. */
  burst_events: number | null;
};

export type KeyInfo = KeyLimits & {
  key_id: string;
  store_id: string | null;
  scope: Scope;
  created_at: number;
  revoked_at: number | null;
};

export type RejectionCount = { store_id: string; quarter: number; code: string; count: number };

/** Whom an erasure is of, by the hash of the id (`packages/events/src/hash.ts`): the id itself is not kept. */
export type ErasedSubject = { store_id: string; kind: 'visitor' | 'customer'; hash: bigint };

/** Nothing of the subject that happened up to `up_to` (ms UTC) is kept, whenever and however it comes. */
export type Tombstone = ErasedSubject & {
  /** From 1, in the order in which they can be seen. */ number: number;
  up_to: number;
};

/** One request to erase a subject, how far it has come, and in the end its receipt. */
export type Erasure = ErasedSubject & {
  /** From 1. */
  erasure: number;
  up_to: number;
  begun_at: number;
  begun_by: string;
  ended_at: number | null;
  /** Grows with each change. */
  revision: number;
  /** Local days whose figures move by it and have not been told of yet. */
  restated_days: readonly string[];
  /** Whoever carries it out keeps here what there is to know. */
  document: unknown;
};

/** What the worker that has a partition said of it last, and when (ms UTC); `word`: a small JSON document of its own. */
export type Told = { worker: string; at: number; word: unknown };

/** `told`: null until somebody has. */
export type LogPosition = {
  topic: string;
  partition: number;
  position: bigint;
  taken_in_up_to: number;
  told: Told | null;
};

export type Control = {
  readonly dialect: 'sqlite' | 'postgres';
  migrate(): Promise<void>;
  stores: {
    /** Throws ControlError `store_exists` | `bad_store_id` | `bad_definition`. */
    create(store_id: string, definition?: DefinitionInput): Promise<Store>;
    /**
     * Changes what is given from a local day on (null: from the beginning), and nothing else: where the definition differs
     * by day, each stretch of days from there on gets a new version with its own values and the change, all at once.
     * Where only fields that hold for all history change, one version from the newest's day. Given what is the case
     * already, makes none. Throws ControlError `unknown_store` | `bad_definition`.
     */
    define(store_id: string, change: DefinitionInput, from: string | null): Promise<Store>;
    get(store_id: string): Promise<Store | null>;
    list(): Promise<Store[]>;
  };
  keys: {
    /**
     * The key is answered once and never stored: only its SHA-256 is. A rate without a burst gets five seconds' worth of it.
     * Throws ControlError `bad_key_request` | `unknown_store`.
     */
    create(
      store_id: string | null,
      scope: Scope,
      limits?: { events_per_second?: number | undefined; burst_events?: number | undefined },
    ): Promise<{ key_id: string; key: string }>;
    /** Constant-time; null for an unknown, malformed or revoked key. */
    verify(key: string): Promise<KeyInfo | null>;
    /** Of a store, or (null) those of every store: the admin keys. Revoked ones too. */
    list(store_id: string | null): Promise<KeyInfo[]>;
    revoke(key_id: string): Promise<boolean>;
  };
  leases: {
    /**
     * Takes the lease for ttlMs when it is free, expired or already the owner's. Its token grows each time the
     * owner changes or the lease had expired, so a zombie's token is smaller than its successor's. Null: another has it.
     * With `atLeast` it also grows to that, for an owner who finds larger tokens where it is going to write.
     */
    acquire(name: string, owner: string, ttlMs: number, atLeast?: number): Promise<{ token: number } | null>;
    release(name: string, owner: string): Promise<void>;
  };
  /** Job state: small JSON documents by name. */
  state: {
    get(name: string): Promise<unknown>;
    set(name: string, value: unknown): Promise<void>;
    /** In one statement, only as long as a lease has this token: false when somebody else holds it, and nothing is set. */
    setUnder(lease: { name: string; token: number }, name: string, value: unknown): Promise<boolean>;
  };
  /** How far ingest has taken the log in, one row a partition: everything appended before `taken_in_up_to` (ms UTC) is in `events`. */
  positions: {
    /** What a worker tells beside it stands until somebody tells something later, whatever becomes of the position. */
    report(rows: readonly (Omit<LogPosition, 'told'> & { told?: Told | null })[]): Promise<void>;
    /** Forgets the topic's partitions but these: it was made again with fewer. */
    keepOnly(topic: string, partitions: readonly number[]): Promise<void>;
    list(topic: string): Promise<LogPosition[]>;
  };
  /**
   * Events that the collector turned away, counted by store ('' for one that cannot be told), quarter of an hour (ms
   * UTC) and reject code. Collectors add what they have counted now and then: a killed one loses what it had not added.
   */
  rejections: {
    /** Adds to the counts, all rows or none. No two rows may be of one store, quarter and code. */
    add(rows: readonly RejectionCount[]): Promise<void>;
    /** Quarters in [from, to), ms UTC, in order of quarter and code. */
    list(store_id: string, from: number, to: number): Promise<RejectionCount[]>;
  };
  erasures: {
    /** Throws ControlError `unknown_store`. It has no tombstone yet: `bury` writes them. */
    begin(asked: ErasedSubject & Pick<Erasure, 'up_to' | 'begun_by' | 'document'>): Promise<Erasure>;
    get(erasure: number): Promise<Erasure | null>;
    /** The newest first. */
    list(): Promise<Erasure[]>;
    /** Only when nobody has changed it since it was read: else null, and nothing is changed. */
    change(
      read: Erasure,
      change: Partial<Pick<Erasure, 'ended_at' | 'restated_days' | 'document'>>,
    ): Promise<Erasure | null>;
    /** Tombstones, up to its `up_to`, of the erasure's subject and of these visitors. Done again, it adds what is missing. */
    bury(erasure: Erasure, visitors: readonly bigint[]): Promise<void>;
    /** In order of their numbers, from behind `after` on. Never is one with a smaller number seen later. */
    tombstones(after: number): Promise<Tombstone[]>;
    /** Days by store that some erasure moves figures of. */
    restatedDays(): Promise<Map<string, Set<string>>>;
  };
  healthy(): Promise<boolean>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};
