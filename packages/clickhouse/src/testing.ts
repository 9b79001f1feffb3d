/** For tests that stand in for the server: what a block says. */
export { type BlockRow, type BlockValue, type DecodedBlock, decodeBlock } from './native/decode-block.ts';
