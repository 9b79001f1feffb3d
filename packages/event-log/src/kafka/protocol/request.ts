/** A request as Kafka's protocol guide has it: the bytes behind the header, and how to read the answer's. */
export type RawRequest<Answer> = {
  apiKey: number;
  apiVersion: number;
  apiName: string;
  body: Buffer;
  /** For how long it may go unanswered, where that is more than is usual. */
  timeoutMs?: number;
  /** Answers also for how long the broker wants to be left alone. */
  decode(payload: Buffer): { answer: Answer; throttleMs: number };
};
