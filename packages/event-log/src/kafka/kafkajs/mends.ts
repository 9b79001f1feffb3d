import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const CHECK_INTERVAL_MS = 10;

/** The parts of kafkajs's request queue and connection that are replaced. */
type RequestQueue = {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
};

let mended = false;

/** Mends two defects of kafkajs 2.2.4 in place, once a process; another kafkajs is left as it is. */
export function mendKafkajs(): void {
  if (mended || require('kafkajs/package.json').version !== '2.2.4') {
    return;
  }
  mended = true;
  mendRequestQueue(require('kafkajs/src/network/requestQueue/index.js').prototype);
  mendConnect(require('kafkajs/src/network/connection.js').prototype);
}

/**
 * From the first answer on, every connection re-arms a timer with a negative delay for ever, which wakes the process a
 * thousand times a second and makes Node 24 print TimeoutNegativeWarning (kafkajs's issues 1704 and 1751). The timer
 * is only needed while requests wait, so it is only armed then.
 */
function mendRequestQueue(prototype: { scheduleCheckPendingRequests(this: RequestQueue): void }): void {
  prototype.scheduleCheckPendingRequests = function () {
    if (this.throttleCheckTimeoutId || this.pending.length === 0) {
      return;
    }
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      Math.max(this.throttledUntil - Date.now(), CHECK_INTERVAL_MS),
    );
  };
}

/**
 * Requests that find their connection closed each open a socket, the last of which is used; the others stay open, and
 * the first to open lets requests be written to one that is not. Whoever comes while it connects waits for that.
 */
function mendConnect(prototype: { connect(): Promise<boolean> }): void {
  const { connect } = prototype;
  const connecting = new WeakMap<object, Promise<boolean>>();
  prototype.connect = function () {
    const underWay =
      connecting.get(this) ??
      connect.call(this).finally(() => {
        connecting.delete(this);
      });
    connecting.set(this, underWay);
    return underWay;
  };
}
