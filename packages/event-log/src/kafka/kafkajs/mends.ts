import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

const require = createRequire(import.meta.url);
const CHECK_INTERVAL_MS = 10;

/** The parts of kafkajs's request queue and connection that are replaced. */
type RequestQueue = {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
};

type Connection = {
  socket?: Socket;
  host: string;
  port: number;
  rejectRequests(error: Error): void;
};

let mended = false;

/** Mends defects of kafkajs 2.2.4 in place, once a process; another kafkajs is left as it is. */
export function mendKafkajs(): void {
  if (mended || require('kafkajs/package.json').version !== '2.2.4') {
    return;
  }
  mended = true;
  mendRequestQueue(require('kafkajs/src/network/requestQueue/index.js').prototype);
  const connection = require('kafkajs/src/network/connection.js').prototype;
  mendConnect(connection);
  mendDisconnect(connection);
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

/**
 * A connection whose socket is gone is disconnected again with each try to reach its broker. Each time it waits for
 * requests that nobody can answer any more, and leaves a listener on the dead socket (Node: "11 connect listeners added
 * to [Socket]").
 */
function mendDisconnect(prototype: Connection & { disconnect(): Promise<boolean> }): void {
  const { disconnect } = prototype;
  const { KafkaJSConnectionClosedError } = require('kafkajs/src/errors.js');
  prototype.disconnect = async function () {
    const { socket, host, port } = this;
    if (!socket?.destroyed) {
      return disconnect.call(this);
    }
    this.rejectRequests(new KafkaJSConnectionClosedError('Closed connection', { host, port }));
    const disconnected = await disconnect.call(this);
    socket.removeListener('connect', socket.unref);
    return disconnected;
  };
}
