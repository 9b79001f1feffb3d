import type { ClickHouse } from '@cartledger/clickhouse';
import type { Control } from '@cartledger/control';
import type { EventLog, LogConsumer } from '@cartledger/event-log';
import type { Logger } from '@cartledger/service';
import { createDrain } from './drain.ts';
import { createOrders } from './orders.ts';
import type { PartitionWorker } from './partition-worker.ts';
import { createRewind } from './rewind.ts';

type OperationsDeps = {
  state: Pick<Control['state'], 'get' | 'set'>;
  positions: Pick<Control['positions'], 'keepOnly'>;
  clickhouse: Pick<ClickHouse, 'query' | 'ping'>;
  log: Pick<EventLog, 'offsets'>;
  /** Names this worker in receipts. */
  instance: string;
  logger: Logger;
  now: () => number;
};

/** Obeys what an operator has ordered of all workers, for the partitions that are this worker's. */
export type Operations = {
  /** Nothing may be fetched: also not when there is room again, or by a new assignment. */
  readonly held: boolean;
  /** Learns of a standing order before anything is read. */
  load(): Promise<void>;
  /**
   * Does what is to be done now, for workers of this consumer. `resume`: fetching may go on. `join_anew`: workers were
   * stopped, and their partitions are to be assigned anew, whether or not all of it succeeded.
   */
  obey(
    workers: ReadonlyMap<number, PartitionWorker>,
    consumer: LogConsumer,
  ): Promise<'nothing' | 'resume' | 'join_anew'>;
};

/** For an ingest that nobody can order anything. */
export const NO_OPERATIONS: Operations = {
  held: false,
  load: async () => {},
  obey: async () => 'nothing',
};

export const createOperations = (deps: OperationsDeps, { topic }: { topic: string }): Operations => {
  const { state, logger } = deps;
  const orders = createOrders(state, { topic, now: deps.now });
  const drain = createDrain({ ...deps, orders });
  const rewind = createRewind({ ...deps, orders }, { topic });
  return {
    get held() {
      return drain.held;
    },
    load: () => drain.load(),
    obey: async (workers, consumer) => {
      const drained = await drain.obey(workers, consumer);
      const rewound = await rewind.obey(workers, consumer).catch((error: unknown) => {
        logger.warn({ err: error }, 'could not look for an order to rewind');
        return 'nothing' as const;
      });
      return rewound === 'nothing' ? drained : rewound;
    },
  };
};
