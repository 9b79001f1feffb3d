import { createRequire } from 'node:module';

/** The part of kafkajs's request queue that is replaced. */
type RequestQueue = {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
};

const CHECK_INTERVAL_MS = 10;

/**
 * Mends a defect of kafkajs 2.2.4 (its issues 1704 and 1751): from the first answer on, every connection re-arms a
 * timer with a negative delay for ever, which wakes the process a thousand times a second and makes Node 24 print
 * TimeoutNegativeWarning. The timer is only needed while requests wait, so it is only armed then.
 */
export function mendRequestQueue(): void {
  const queue: unknown = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js');
  const prototype: unknown = typeof queue === 'function' ? queue.prototype : undefined;
  if (typeof prototype !== 'object' || prototype === null || !('scheduleCheckPendingRequests' in prototype)) {
    return; // another kafkajs: nothing to mend that we know of
  }
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.throttleCheckTimeoutId || this.pending.length === 0) {
      return;
    }
    const throttledMs = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      Math.max(throttledMs, CHECK_INTERVAL_MS),
    );
  };
}
