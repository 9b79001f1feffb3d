/** As many 64-bit numbers as one query parameter may hold (128 KiB as text). */
const MAX_NODES = 5_000;

/** Cuts nodes into lists that fit a query parameter. */
export function* chunksOf(nodes: Iterable<bigint>): Generator<bigint[]> {
  let chunk: bigint[] = [];
  for (const node of nodes) {
    chunk.push(node);
    if (chunk.length === MAX_NODES) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}
