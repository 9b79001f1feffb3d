import { useState } from 'react';

/** An event the collector takes as it is, but for the key. */
const firstEventCommand = (origin: string, store: string, currency: string, now: number): string => {
  const event = {
    event_id: `first-${now}`,
    store_id: store,
    type: 'add_to_cart',
    source: 'browser',
    occurred_at: new Date(now).toISOString(),
    visitor_id: 'visitor-1',
    session_id: 'session-1',
    currency,
    items: [{ product_id: 'sku-1', name: 'First product', quantity: 1, unit_price: 1999 }],
  };
  return [
    `curl ${origin}/v1/events \\`,
    `  -H 'Authorization: Bearer YOUR_WRITE_KEY' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '[${JSON.stringify(event)}]'`,
  ].join('\n');
};

const Snippet = ({ text, label }: { text: string; label: string }) => {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <div className="snippet">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section tabIndex={0} aria-label={label}>
        <pre>{text}</pre>
      </section>
      {window.isSecureContext && (
        <button type="button" className="button" onClick={copy}>
          {copied ? 'Copied' : 'Copy'}
        </button>
      )}
    </div>
  );
};

/** For a store that has never sent anything. */
export const FirstEvent = ({ store, currency }: { store: string; currency: string }) => {
  const [now] = useState(() => Date.now());
  return (
    <div className="blank">
      <h2>Nothing yet: send your first event</h2>
      <p>
        This page fills by itself a few seconds after {store} sends its first event. Make a write key, then send one:
      </p>
      <Snippet label="Make a write key" text={`npx cartledger keys create --store ${store} --scope events:write`} />
      <Snippet label="Send an event" text={firstEventCommand(window.location.origin, store, currency, now)} />
    </div>
  );
};
