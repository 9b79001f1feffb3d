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
  socket?: Socket & { secureConnecting?: boolean };
  isConnected(): boolean;
  chunks: Buffer[];
  bytesBuffered: number;
  bytesNeeded: number;
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
function mendConnect(prototype: Connection & { connect(): Promise<boolean> }): void {
  const { connect } = prototype;
  const connecting = new WeakMap<object, Promise<boolean>>();
  const begin = (connection: Connection): Promise<boolean> => {
    if (!connection.isConnected()) {
      beginAnew(connection);
    }
    return connect.call(connection).finally(() => {
      connecting.delete(connection);
    });
  };
  prototype.connect = function () {
    const underWay = connecting.get(this) ?? begin(this);
    connecting.set(this, underWay);
    return underWay;
  };
}

const LENGTH_BYTES = 4;

/**
 * A connection goes on reading where its last socket was cut: of an answer cut in the middle the beginning is kept, the
 * next socket's bytes are taken for its rest, and from then on lengths are read where none are, until one throws where
 * nobody catches it. And a former socket, which is only half closed, is still listened to: what it says is taken for the
 * next one's, its end for that one's end.
 */
function beginAnew(connection: Connection): void {
  const { socket } = connection;
  if (socket !== undefined) {
    socket.removeAllListeners();
    socket.on('error', () => {
      // Nobody waits for it any more.
    });
    socket.destroy();
  }
  connection.chunks = [];
  connection.bytesBuffered = 0;
  connection.bytesNeeded = LENGTH_BYTES;
}

/**
 * A connection whose socket is gone is disconnected again with each try to reach its broker. Each time it waits for
 * requests that nobody can answer any more, and leaves a listener on the dead socket (Node: "11 connect listeners added
 * to [Socket]"). And a request that is written between the last look at those that wait and the end of the socket has
 * nobody who looks after it: unanswered, it waits for ever, and with it the next disconnect.
 */
function mendDisconnect(prototype: Connection & { disconnect(): Promise<boolean> }): void {
  const { disconnect } = prototype;
  const { KafkaJSConnectionClosedError } = require('kafkajs/src/errors.js');
  const rejectRequests = (connection: Connection) => {
    const { host, port } = connection;
    connection.rejectRequests(new KafkaJSConnectionClosedError('Closed connection', { host, port }));
  };
  prototype.disconnect = async function () {
    const { socket } = this;
    if (socket?.destroyed) rejectRequests(this);
    const disconnected = await disconnect.call(this);
    rejectRequests(this);
    // Only ended, it would yet open, and count as connected; the error is what tells whoever waits for it to open.
    if (socket?.connecting || socket?.secureConnecting) socket.destroy(new Error('closed while it connected'));
    if (socket?.destroyed) socket.removeListener('connect', socket.unref);
    return disconnected;
  };
}
