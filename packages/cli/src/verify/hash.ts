/** 64 bits of a name, in two halves that stand until the next name: no object is made for each. */
export type NameHash = { of(name: string): void; readonly low: number; readonly high: number };

/** Two lanes of multiply and mix (cyrb53's). */
export const createNameHash = (): NameHash => {
  const hash = {
    low: 0,
    high: 0,
    of(name: string): void {
      let a = 0xdeadbeef;
      let b = 0x41c6ce57;
      for (let i = 0; i < name.length; i++) {
        const code = name.charCodeAt(i);
        a = Math.imul(a ^ code, 2_654_435_761);
        b = Math.imul(b ^ code, 1_597_334_677);
      }
      a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909);
      b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
      hash.low = a >>> 0;
      hash.high = b >>> 0;
    },
  };
  return hash;
};
