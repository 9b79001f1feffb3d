/** How a Kafka cluster is reached safely, in no client library's words. */
export type KafkaSecurity = {
  /** Absent: plaintext. */
  tls?: TlsSettings;
  /** Absent: nobody asks who we are, or a client certificate says so. */
  sasl?: SaslSettings;
};

/** Texts in PEM. Certificates are always checked, against `ca` where it is given, else against the system's authorities. */
export type TlsSettings = { ca?: string; cert?: string; key?: string; passphrase?: string };

export type SaslSettings =
  | { mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; username: string; password: string }
  | { mechanism: 'OAUTHBEARER'; token: TokenSource };

/** A bearer token and the SASL extensions that go with it (RFC 7628). */
export type Token = { value: string; extensions: Readonly<Record<string, string>> };

/** Answers a token that is valid now. Throws EventLogError `unavailable`; `retriable` false when we are refused. */
export type TokenSource = () => Promise<Token>;
