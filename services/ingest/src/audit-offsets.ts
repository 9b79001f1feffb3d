/** A set of offsets that costs a bit each where they lie close together, and 8 KiB for one that lies alone. */
export type OffsetSet = {
  add(offset: bigint): void;
  has(offset: bigint): boolean;
  readonly size: number;
};

const BLOCK_BITS = 65_536n;

export const createOffsetSet = (): OffsetSet => {
  const blocks = new Map<bigint, Uint8Array>();
  let size = 0;
  const placeOf = (offset: bigint) => {
    const bit = Number(offset % BLOCK_BITS);
    return { block: offset / BLOCK_BITS, byte: bit >> 3, mask: 1 << (bit & 7) };
  };
  return {
    add: (offset) => {
      const { block, byte, mask } = placeOf(offset);
      const bits = blocks.get(block) ?? new Uint8Array(Number(BLOCK_BITS) / 8);
      blocks.set(block, bits);
      const before = bits[byte] ?? 0;
      if ((before & mask) !== 0) return;
      bits[byte] = before | mask;
      size += 1;
    },
    has: (offset) => {
      const { block, byte, mask } = placeOf(offset);
      return ((blocks.get(block)?.[byte] ?? 0) & mask) !== 0;
    },
    get size() {
      return size;
    },
  };
};
