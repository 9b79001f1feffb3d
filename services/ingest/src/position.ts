import type { Committed } from '@cartledger/event-log';
import { z } from 'zod';

/** The longest metadata a commit may carry, in bytes. */
export const MAX_METADATA_BYTES = 512;

const metadata = z.object({ v: z.literal(1), epoch: z.string() });

/** What is committed beside an offset: under which life of the topic it was read. */
export const encodeMetadata = (topicEpoch: string): string => {
  const text = JSON.stringify({ v: 1, epoch: topicEpoch });
  if (Buffer.byteLength(text) > MAX_METADATA_BYTES) {
    throw new RangeError(`the topic epoch has ${topicEpoch.length} characters: too many for commit metadata`);
  }
  return text;
};

/** The epoch in commit metadata; null when it has none that this version can read. */
export const readMetadata = (text: string): string | null => {
  try {
    const parsed = metadata.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data.epoch : null;
  } catch {
    return null; // written by an operator's tool or another version
  }
};

/**
 * Where to go on: at the committed offset, but at the log's start when that offset is of an earlier life of the
 * topic. Metadata that cannot be read says nothing against the offset: an operator's tool sets it without any.
 */
export const startingPoint = (committed: Committed, topicEpoch: string): bigint | 'earliest' => {
  if (committed === null) return 'earliest';
  const epoch = readMetadata(committed.metadata);
  return epoch === null || epoch === topicEpoch ? committed.offset : 'earliest';
};
