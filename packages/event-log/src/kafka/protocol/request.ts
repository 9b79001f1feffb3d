/** A request as Kafka's protocol guide has it: the bytes behind the header, and how to read the answer's. */
export type RawRequest<Answer> = {
  apiKey: number;
  apiVersion: number;
  apiName: string;
  body: Buffer;
  /** Answers also for how long the broker wants to be left alone. */
  decode(payload: Buffer): { answer: Answer; throttleMs: number };
};
